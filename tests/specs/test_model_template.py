"""Models of coaching: three come with the product, a district publishes its own."""

from backbone.deciding import Claim
from chalkline_contracts.goals import ModelTemplatePublished, ModelTemplateRetired
from goals.aggregates import MODEL_TEMPLATE
from goals.model_template import PRODUCT, PublishModelTemplate, RetireModelTemplate, claims
from goals.refusals import (
    TemplateAlreadyPublished,
    TemplateNameTaken,
    TemplateNotFound,
    TemplateRetired,
)
from kit.coaching import LEAD, facts
from kit.spec import Spec

SPEC = Spec(MODEL_TEMPLATE, facts(LEAD))
PUBLISHED = ModelTemplatePublished(
    template="data-cycle@1", phases=("look", "try"), cadence_days=7, planned_weeks=4
)


def publish(name: str = "data-cycle") -> PublishModelTemplate:
    return PublishModelTemplate(name=name, version=1, phases=("look", "try"), cadence_days=7, planned_weeks=4)


def test_three_models_come_with_the_product() -> None:
    assert set(PRODUCT) == {"impact-cycle@1", "student-centered@1", "weekly-action-step@1"}
    assert PRODUCT["impact-cycle@1"].phases == ("identify", "learn", "improve")


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
