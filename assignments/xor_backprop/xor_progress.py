"""How far you are: the chain of the derivation, with what passes its public check so far."""

from xor_checks import look_at_all
from xor_compare import COLOURS, MARKS
from xor_network import BLACK, GREY, new_figure, show

# value: (question, column, row) in the picture of the chain
CHAIN = {
    "σ": ("q1", 1.3, 4), "σ′": ("q4", 2.6, 4),
    "z_in": ("q2", 0, 3), "z_out": ("q2", 1.3, 3), "f_in": ("q2", 2.6, 3), "f_out": ("q2", 3.9, 3), "L": ("q3", 5.2, 3),
    "dL_df_out": ("q5", 5.2, 2), "df_out_df_in": ("q5", 3.9, 2), "df_in_dz_out": ("q6", 2.6, 2), "dz_out_dz_in": ("q6", 1.3, 2),
    "dL_du": ("q5", 3.9, 1), "dL_dc": ("q5", 5.2, 1), "dL_dW": ("q6", 0, 1), "dL_db": ("q6", 1.3, 1),
    "update": ("q7", 0, 0), "one step": ("q8", 1.95, 0), "training": ("q9", 3.9, 0),
}  # fmt: skip
ARROWS = (
    ("σ", "z_out"), ("σ", "σ′"), ("z_in", "z_out"), ("z_out", "f_in"), ("f_in", "f_out"), ("f_out", "L"), ("L", "dL_df_out"), ("dL_df_out", "df_out_df_in"),
    ("df_out_df_in", "df_in_dz_out"), ("df_in_dz_out", "dz_out_dz_in"), ("df_out_df_in", "dL_du"), ("df_out_df_in", "dL_dc"),
    ("dz_out_dz_in", "dL_dW"), ("dz_out_dz_in", "dL_db"), ("update", "one step"), ("one step", "training"),
)  # fmt: skip


def progress(functions):
    """The chain with what passes its public check so far."""
    reports = look_at_all(functions)
    for question, report in reports.items():
        state = "public check passed" if report.passed else "not attempted yet" if not report.attempted else "not yet"
        marks = " ".join(f"{line.value} {MARKS[line.status]}" for line in report.lines)
        print(f"{question} {report.function:<24} {state:<20} {marks}")
    done = sum(report.passed for report in reports.values())
    print(f"{done} of {len(reports)} public checks passed. Grading asks with other numbers, too.")
    figure = new_figure(10, 5)
    if figure is None:
        return
    axes = figure.subplots()
    axes.set(xlim=(-0.7, 5.9), ylim=(-0.45, 4.45))
    axes.axis("off")
    axes.set_title(
        f"The chain so far: {done} of {len(reports)} public checks passed", fontsize=12, loc="left", color=BLACK
    )
    boxes = {}
    for value, (question, x, y) in CHAIN.items():
        status = _status(value, reports[question])
        edge = {"edgecolor": COLOURS[status], "linewidth": 2.2, "linestyle": "--" if status == "not attempted" else "-"}
        boxes[value] = axes.text(
            x, y, f"{MARKS[status]} {value}\n{question}: {status}", ha="center", va="center", fontsize=9.5, color=BLACK,
            bbox={"boxstyle": "round,pad=0.4", "facecolor": "white", **edge}, zorder=3,
        ).get_bbox_patch()  # fmt: skip
    for start, end in ARROWS:
        axes.annotate(
            "", CHAIN[end][1:], CHAIN[start][1:], zorder=4,
            arrowprops={"arrowstyle": "-|>", "color": GREY, "patchA": boxes[start], "patchB": boxes[end], "mutation_scale": 14},
        )  # fmt: skip
    show(figure, "The chain of the derivation, with what passes so far")


def _status(value, report):
    """The status of one value; of a whole question, its worst."""
    found = [line.status for line in report.lines if line.value == value] or [line.status for line in report.lines]
    return max(found, key=list(MARKS).index if "off" not in found else lambda status: status == "off")
