"""What the body of a document and of an interpretation is made of."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock

RICH_TEXT = ["h3", "h4", "bold", "ol", "ul", "link", "document-link"]


class PictureBlock(blocks.StructBlock):
    """A picture never stands without its words: the alternative says all that it shows."""

    image = ImageChooserBlock(label=_("image"))
    alternative = blocks.TextBlock(
        label=_("full text alternative"), help_text=_("Everything that the picture says.")
    )

    class Meta:
        icon = "image"
        label = _("picture")
        template = "policies/blocks/picture.html"


class QuestionBlock(blocks.StructBlock):
    question = blocks.CharBlock(label=_("question"))
    answer = blocks.RichTextBlock(label=_("answer"), features=RICH_TEXT)

    class Meta:
        icon = "help"
        label = _("question and answer")
        template = "policies/blocks/question.html"


class VideoBlock(blocks.StructBlock):
    video = DocumentChooserBlock(label=_("video file"))
    transcript = blocks.TextBlock(label=_("transcript"))

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        video = cleaned.get("video")
        if video and video.file_extension.lower() not in {"mp4", "webm"}:
            raise blocks.StructBlockValidationError(
                {"video": ValidationError(_("Choose an MP4 or WebM file."))}
            )
        return cleaned

    class Meta:
        icon = "media"
        label = _("video")
        template = "policies/blocks/video.html"


def table() -> TypedTableBlock:
    return TypedTableBlock(
        [
            ("text", blocks.CharBlock(required=False)),
            ("numeric", blocks.DecimalBlock(required=False)),
        ],
        label=_("table"),
        template="policies/blocks/table.html",
    )


def policy_body() -> list[tuple[str, blocks.Block]]:
    """The authoritative Chinese text as issued, with the tables and pictures in it."""
    return [
        ("text", blocks.TextBlock(label=_("legal text"), rows=20)),
        ("table", table()),
        ("picture", PictureBlock()),
    ]


def interpretation_body() -> list[tuple[str, blocks.Block]]:
    return [
        ("text", blocks.RichTextBlock(label=_("text"), features=RICH_TEXT)),
        ("picture", PictureBlock()),
        ("question", QuestionBlock()),
        ("video", VideoBlock()),
        ("table", table()),
    ]
