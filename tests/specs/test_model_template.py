"""Models of coaching: three come with the product, a district publishes its own."""

import pytest
from backbone.deciding import Claim
from chalkline_contracts.goals import ModelTemplatePublished, ModelTemplateRetired
from goals.aggregates import MODEL_TEMPLATE
from goals.model_template import PublishModelTemplate, RetireModelTemplate, claims
from goals.product_models import KINDS, MODELS, NAMES, PRODUCT, models_in
from goals.refusals import (
    TemplateAlreadyPublished,
    TemplateNameTaken,
    TemplateNotFound,
    TemplateRetired,
)
from kit.coaching import LEAD, facts
from kit.spec import Spec

SPEC = Spec(MODEL_TEMPLATE, facts(LEAD, names_taken=NAMES))
PUBLISHED = ModelTemplatePublished(
    template="data-cycle@1", phases=("look", "try"), cadence_days=7, planned_weeks=4
)


def publish(name: str = "data-cycle") -> PublishModelTemplate:
    return PublishModelTemplate(name=name, version=1, phases=("look", "try"), cadence_days=7, planned_weeks=4)


def test_three_models_come_with_the_product() -> None:
    assert set(PRODUCT) == {"impact-cycle@1", "student-centered@1", "weekly-action-step@1"}
    assert PRODUCT["impact-cycle@1"].phases == ("identify", "learn", "improve")


SOUND = """
[[model]]
template = "ours@1"
source = "us"
phases = ["see", "do"]
cadence_days = 7
planned_weeks = 6

[model.shows]
see = ["goal_drafted"]
do = ["REST"]
""".replace('"REST"', ", ".join(f'"{kind}"' for kind in sorted(KINDS - {"goal_drafted"})))


def test_a_model_of_the_product_is_data() -> None:
    assert set(models_in(SOUND)) == {"ours@1"}


@pytest.mark.parametrize(
    "spoilt",
    [
        "",
        SOUND * 2,
        SOUND.replace("ours@1", "ours"),
        SOUND.replace('["see", "do"]', "[]"),
        SOUND.replace('["see", "do"]', '["see", "see"]'),
        SOUND.replace('"do"', '"Do it"'),
        SOUND.replace("= 7", "= 0"),
        SOUND.replace('"coteach", ', ""),
        SOUND.replace('"coteach", ', '"coteach", "goal_drafted", '),
        SOUND.replace('"coteach", ', '"dancing", '),
        SOUND.replace("see = ", "look = "),
        SOUND.replace("planned_weeks", "weeks"),
        SOUND.replace("= [", "= ["[:-1]),
    ],
)
def test_a_file_that_is_not_sound_keeps_the_service_from_starting(spoilt: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        models_in(spoilt)


def test_every_model_of_the_product_has_a_place_for_every_kind_of_fact() -> None:
    for model in MODELS.values():
        assert set(model.phase_of) == KINDS
        assert set(model.phase_of.values()) == set(model.template.phases)


def test_a_district_publishes_a_model_of_its_own() -> None:
    SPEC.when(publish()).then(PUBLISHED)


def test_a_version_is_published_once_in_a_district() -> None:
    assert list(claims(PUBLISHED)) == [Claim("model-template:data-cycle@1")]


def test_a_published_version_never_changes() -> None:
    SPEC.given(PUBLISHED).when(publish()).refused(TemplateAlreadyPublished)


def test_a_district_cannot_take_the_name_of_a_model_of_the_product() -> None:
    SPEC.when(publish("impact-cycle")).refused(TemplateNameTaken)


def test_a_model_is_retired_once() -> None:
    retired = (
        SPEC.given(PUBLISHED).when(RetireModelTemplate()).then(ModelTemplateRetired(template="data-cycle@1"))
    )
    retired.when(RetireModelTemplate()).refused(TemplateRetired)


def test_what_was_never_published_cannot_be_retired() -> None:
    SPEC.when(RetireModelTemplate()).refused(TemplateNotFound)
