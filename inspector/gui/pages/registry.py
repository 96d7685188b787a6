"""The pages in the order of the work. A page's module is imported when it is first shown."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import cast

from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.page import Page
from inspector.gui.session import Session


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One page: its name, the class that makes it, and the icon in the rail."""

    name: str
    page: str
    icon: str


PAGES: tuple[PageEntry, ...] = (
    PageEntry("dataset", "inspector.gui.pages.dataset.page:DatasetPage", "dataset"),
    PageEntry("train", "inspector.gui.pages.train.page:TrainPage", "train"),
    PageEntry("alignment", "inspector.gui.pages.alignment.page:AlignmentPage", "alignment"),
    PageEntry("review", "inspector.gui.pages.review.page:ReviewPage", "review"),
    PageEntry("annotate", "inspector.gui.pages.annotate.page:AnnotatePage", "annotate"),
    PageEntry("models", "inspector.gui.pages.models.page:ModelsPage", "models"),
)


def make_page(entry: PageEntry, session: Session, actions: ActionRegistry) -> Page:
    """Imports and makes a page."""
    module, _, name = entry.page.partition(":")
    page_class = getattr(importlib.import_module(module), name)
    return cast(Page, page_class(session, actions))
