"""The rules themselves, over all combinations."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisations import rules

people = st.integers(1, 5)


@given(st.sets(people), st.lists(people, max_size=4))
def test_what_passed_was_done_by_at_least_three_people_none_of_them_twice(drafters, approvers):
    if rules.passed_by_different_people(drafters, approvers):
        assert len(drafters | set(approvers)) >= 3
        assert not drafters & set(approvers)
        assert len(approvers) == len(set(approvers))


def test_three_different_people_pass():
    assert rules.passed_by_different_people({1}, [2, 3])
    assert rules.passed_by_different_people({1, 4}, [2, 3])


@pytest.mark.parametrize(
    ("drafters", "approvers"), [({1}, [2]), ({1}, [2, 2]), ({1}, [1, 2]), (set(), [1, 2, 3])]
)
def test_fewer_do_not(drafters, approvers):
    assert not rules.passed_by_different_people(drafters, approvers)


@pytest.mark.parametrize(
    ("is_administrator", "has_role", "drafted", "other_step"),
    list(product([False, True], repeat=4)),
)
def test_who_may_act_in_a_step(is_administrator, has_role, drafted, other_step):
    may = rules.may_act_in_step(
        is_administrator=is_administrator,
        has_role=has_role,
        person=1,
        drafters={1} if drafted else {2},
        finished_other_steps={1} if other_step else set(),
    )
    assert may == ((is_administrator or has_role) and not drafted and not other_step)


@pytest.mark.parametrize("is_self", [False, True])
@pytest.mark.parametrize("roles", [set(), {"drafter"}, {"publisher"}, {"manager"}])
@pytest.mark.parametrize("is_administrator", [False, True])
def test_who_may_manage_members(is_administrator, roles, is_self):
    may = rules.may_manage_members(
        is_administrator=is_administrator, roles_there=roles, is_self=is_self
    )
    assert may == (is_administrator or ("manager" in roles and not is_self))
