"""Parts of figures."""

from figures_and_tables.figures import draw_histogram
from matplotlib.figure import Figure


def test_a_histogram_has_a_bar_for_each_number_and_its_mean():
    axes = Figure().subplots()
    draw_histogram(axes, [3, 0, 1], 0.5, "red")
    assert [bar.get_height() for bar in axes.patches] == [3, 0, 1]
    assert [text.get_text() for text in axes.texts] == ["mean 0.50"]
    assert list(axes.lines[0].get_xdata()) == [0.5, 0.5]
