"""Real and synthesised features of a model in two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from inspector.core.bank_map import Projection, project
from inspector.gui.background import Background, Task
from inspector.gui.pages.models.naming.reading import NameReader
from inspector.gui.theme import em
from inspector.gui.widgets.basics import Segments, icon_button, label, row
from inspector.jobs.name_file import StoredNames

if TYPE_CHECKING:
    from inspector.gui.pages.models.naming.feature_map import FeatureMap
    from inspector.gui.plots.point_style import PointLegend

Places = NDArray[np.float32]
_ALL = -1


class FeaturesView(QWidget):
    """The map is made when it is first seen; one class can be looked at alone."""

    def __init__(self, reader: NameReader, background: Background) -> None:
        super().__init__()
        self._reader, self._background = reader, background
        self._shown: StoredNames | None = None
        self._maps: dict[str, Places] = {}
        self.map: FeatureMap | None = None
        self._legend: PointLegend | None = None
        self.about = label(self._explanation(has_synthetic=True), "muted", wrap=True)
        self.which = QComboBox()
        self.which.setAccessibleName(self.tr("Class"))
        self.which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.which.currentIndexChanged.connect(lambda index: self._turn())
        self.method = Segments(
            [("pca", self.tr("PCA")), ("tsne", self.tr("t-SNE"))], self.tr("Kind of map")
        )
        self.method.button_of("pca").setToolTip(self.tr("Keeps large distances: at once"))
        self.method.button_of("tsne").setToolTip(
            self.tr("Keeps neighbours together: takes seconds; far apart means little")
        )
        self.method.chosen.connect(lambda value: self._lay_out())
        self.fit = icon_button("fit", self.tr("Show the whole map"))
        self._bar = row(self.which, None, self.method, self.fit)
        self._layout = QVBoxLayout(self)
        gap = em(self, 0.5)
        self._layout.setContentsMargins(0, gap, 0, 0)
        self._layout.setSpacing(em(self, 0.35))
        self._layout.addWidget(self._bar)
        self._layout.addWidget(self.about)
        reader.changed.connect(self._on_changed)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.map is None:
            self._make_map()
        self._reader.read()
        self._on_changed()

    def _make_map(self) -> None:
        from inspector.gui.pages.models.naming.feature_map import LOOKS, FeatureMap
        from inspector.gui.plots.point_style import PointLegend

        self.map, self._legend = FeatureMap(), PointLegend(LOOKS)
        self.map.hovered.connect(self._say)
        self.map.chosen.connect(self._choose)
        self.fit.clicked.connect(self.map.fit)
        self._layout.addWidget(self._legend)
        self._layout.addWidget(self.map, 1)

    def _on_changed(self) -> None:
        """Another model, or its names are there."""
        if self.map is None or not self.isVisible():
            return
        names = self._reader.names
        if names is None:
            self._shown, self._maps = None, {}
            self.map.show_places(None, self._reader.problem or self.tr("Reading the features…"))
            if not self._reader.problem:
                self._reader.read()
        elif names is not self._shown:
            self._shown, self._maps = names, {}
            self._offer(names)
            self._lay_out()

    def _offer(self, names: StoredNames) -> None:
        self.which.blockSignals(True)
        self.which.clear()
        self.which.addItem(self.tr("All classes"), _ALL)
        for c in range(len(names.naming.classes)):
            self.which.addItem(self._reader.title(c), c)
        self.which.blockSignals(False)

    def _lay_out(self) -> None:
        names, method = self._shown, self.method.value
        if names is None or self.map is None:
            return
        if method in self._maps:
            self._show(self._maps[method])
            return
        self.map.show_places(None, self.tr("Laying out the map…"))
        projection: Projection = "tsne" if method == "tsne" else "pca"

        def work(task: Task) -> Places:
            return project(names.features, projection, on_round=task.report)

        def done(places: Places) -> None:
            if self._shown is names:
                self._maps[method] = places
                if self.method.value == method:
                    self._show(places)

        self._background.run(work, done, key="models.features")

    def _show(self, places: Places) -> None:
        assert self.map is not None
        self.map.show_places(places)
        self._turn()

    def _turn(self) -> None:
        """To the chosen class, or back to all."""
        self._mark()
        map_, chosen = self.map, self.which.currentData()
        if map_ is None or self._shown is None or not len(map_.places):
            return
        if chosen == _ALL:
            map_.fit()
        else:
            map_.zoom_to(np.flatnonzero(self._shown.feature_classes == chosen))

    def _mark(self) -> None:
        """One class stands out, or none."""
        names, map_ = self._shown, self.map
        if names is None or map_ is None or self._legend is None or not len(map_.places):
            return
        chosen = self.which.currentData()
        map_.show_classes(
            names, chosen, [self._reader.title(c) for c in range(len(names.similarity))]
        )
        kinds = map_.kinds
        entries = [
            ("real", self.tr("Real {n}").format(n=len(kinds["real"]))),
            ("synthetic", self.tr("Synthesised {n}").format(n=len(kinds["synthetic"]))),
        ]
        if chosen != _ALL:
            entries.append(("others", self.tr("Other classes, real")))
            entries.append(("synthetic_others", self.tr("Other classes, synthesised")))
        self._legend.set_entries(entries)
        self.about.setText(self._explanation(has_synthetic=bool(names.synthetic.any())))

    def _explanation(self, *, has_synthetic: bool) -> str:
        if not has_synthetic:
            return self.tr("A point is one image, its features averaged. This model made up none.")
        return self.tr(
            "A point is one image, its features averaged. Synthesised ones stand in for the "
            "images that rare classes lack: they serve where they lie among their class, and add "
            "something only where they do not repeat its real ones."
        )

    def _say(self, point: int) -> None:
        if self.map is None or self._shown is None:
            return
        point = point if point >= 0 else self.map.current
        self.map.say(self._told(self._shown, point) if point >= 0 else "")

    def _choose(self, point: int) -> None:
        assert self.map is not None
        self.map.show_chosen([], point)
        self._say(point)

    def _told(self, names: StoredNames, point: int) -> str:
        title = self._reader.title(int(names.feature_classes[point]))
        kind = self.tr("synthesised") if names.synthetic[point] else self.tr("real")
        return f"{title}, {kind}"
