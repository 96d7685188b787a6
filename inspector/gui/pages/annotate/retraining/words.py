"""What is new since a model was trained, in sentences."""

from __future__ import annotations

from PySide6.QtCore import QObject

from inspector.gui.pages.review.words import count
from inspector.project.news import News


class NewsWords(QObject):
    """Texts in the user's language."""

    def lines(self, news: News) -> list[str]:
        """One short line for each kind of news, the most telling first."""
        found = [
            (news.masks, self._masks(news.masks)),
            (news.masks_gone, self._gone(news.masks_gone)),
            (news.images, self._images(news)),
            (news.images_gone, self._images_gone(news.images_gone)),
            (news.muted, self._muted(news.muted)),
        ]
        return [text for number, text in found if number]

    def remark(self, news: News) -> str:
        """What one should know before starting; empty if nothing."""
        if news.masks and not news.learns_masks:
            return self.tr(
                "This method does not learn from masks. It only stops taking these images for "
                "good ones."
            )
        return ""

    def _masks(self, number: int) -> str:
        if number == 1:
            return self.tr("1 painted mask not trained with yet")
        return self.tr("{n} painted masks not trained with yet").format(n=count(number))

    def _gone(self, number: int) -> str:
        if number == 1:
            return self.tr("1 learned mask changed or erased")
        return self.tr("{n} learned masks changed or erased").format(n=count(number))

    def _images(self, news: News) -> str:
        if news.images == 1:
            return self.tr("1 new image, good") if news.normal else self.tr("1 new image")
        return self.tr("{n} new images, {good} of them good").format(
            n=count(news.images), good=count(news.normal)
        )

    def _images_gone(self, number: int) -> str:
        if number == 1:
            return self.tr("1 image is gone")
        return self.tr("{n} images are gone").format(n=count(number))

    def _muted(self, number: int) -> str:
        if number == 1:
            return self.tr("1 patch muted in the bank")
        return self.tr("{n} patches muted in the bank").format(n=count(number))
