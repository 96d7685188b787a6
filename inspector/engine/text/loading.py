"""The text side that goes with a backbone."""

from __future__ import annotations

from inspector.engine.backbones import Backbone
from inspector.engine.openclip import ImageTower, create_pair, load_side
from inspector.engine.text.base import TextEncoder
from inspector.engine.text.sentence import CHANNELS, load_sentence_encoder
from inspector.engine.weights import read_state


def text_channels(backbone: Backbone) -> int:
    """C of the text side, known without loading it."""
    body = backbone.body
    return body.text_channels if isinstance(body, ImageTower) else CHANNELS


def load_text_encoder(backbone: Backbone) -> TextEncoder:
    """The text side of an image/text model; for any other backbone the sentence encoder.

    On the CPU, with pretrained weights: those of the same file as the backbone's. Only beside a
    backbone with random weights (for tests of shapes) they are random too.

    Raises:
        InspectorError: It is not installed, or its weights are damaged.
    """
    if not isinstance(backbone.body, ImageTower):
        return load_sentence_encoder()
    _, text = create_pair(backbone.name)
    if backbone.weights is not None:
        load_side(text, read_state(backbone.weights.path))
    return text
