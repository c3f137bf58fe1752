for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const header = button.closest("th"), body = header.closest("table").tBodies[0];
    const up = header.getAttribute("aria-sort") !== "ascending";
    for (const other of header.parentNode.children) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = row => row.cells[header.cellIndex].dataset.value ?? row.cells[header.cellIndex].textContent;
    const number = header.classList.contains("n"), sign = up ? 1 : -1;
    const rows = [...body.rows].map(row => [key(row), row]);
    const collator = new Intl.Collator("en", {numeric: true});
    rows.sort(([a], [b]) => sign * (number ? a - b : collator.compare(a, b)));
    body.append(...rows.map(([, row]) => row));
  });
}
