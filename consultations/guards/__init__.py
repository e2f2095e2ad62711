"""What the database itself refuses, whoever asks."""

from consultations.guards import answers, intake


def register_all() -> None:
    intake.register_all()
    answers.register_all()
