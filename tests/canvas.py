"""The network of a page, as a browser test takes hold of it."""

from typing import Any

from playwright.sync_api import Page

NETWORK = "document.querySelector('.network').network"


class Canvas:
    """The network of the page; nodes are named by the first words drawn on them or by their kind."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.locator(".network[data-drawn]").wait_for()

    def ask(self, script: str, *given: Any) -> Any:
        """Runs `(network, …given) => …` in the page."""
        return self.page.evaluate(f"(given) => ({script})({NETWORK}, ...given)", list(given))

    def nodes(self) -> list[str]:
        return sorted(self.ask("(n) => n.cy.nodes().map((node) => node.id())"))

    def edges(self) -> list[str]:
        return sorted(self.ask("(n) => n.cy.edges().map((edge) => edge.id())"))

    def first(self, kind: str) -> str:
        """Id of a node of a kind (`Official`, `Person`, `Programme` …)."""
        return str(self.ask("(n, kind) => n.cy.nodes().filter((node) => node.data('kind') === kind)[0].id()", kind))

    def place(self, node: str) -> tuple[float, float]:
        """Where on the page a node is."""
        x, y = self.ask(
            """(n, id) => {
                const box = n.part('.canvas').getBoundingClientRect();
                const { x, y } = n.cy.getElementById(id).renderedPosition();
                return [box.x + x, box.y + y];
            }""",
            node,
        )
        return float(x), float(y)

    def click(self, node: str, **how: Any) -> None:
        self.page.locator(".canvas").scroll_into_view_if_needed()
        self.page.mouse.click(*self.place(node), **how)

    def settled(self) -> None:
        """Waits until the address holds what is drawn."""
        self.page.locator(".network[data-kept]").wait_for()

    def overlaps(self) -> list[str]:
        """Pairs of nodes or labels that lie on each other, in the units of the picture."""
        found: list[str] = self.ask(
            """(n) => {
                const boxes = [];
                n.cy.nodes().forEach((node) => {
                    const { x, y } = node.position();
                    const [w, h] = [node.width() / 2, node.height() / 2];
                    const label = node.boundingBox({ includeNodes: false, includeLabels: true, includeOverlays: false });
                    boxes.push([node.id(), x - w, y - h, x + w, y + h]);
                    boxes.push([node.id(), label.x1 + 3, label.y1 + 3, label.x2 - 3, label.y2 - 3]);
                });
                n.cy.edges().forEach((edge) => {
                    if (!edge.data('shown')) return;
                    const label = edge.boundingBox({ includeEdges: false, includeLabels: true, includeOverlays: false });
                    boxes.push([edge.id(), label.x1 + 3, label.y1 + 3, label.x2 - 3, label.y2 - 3]);
                });
                const pairs = [];
                for (let i = 0; i < boxes.length; i += 1) for (let j = i + 1; j < boxes.length; j += 1) {
                    const [a, b] = [boxes[i], boxes[j]];
                    if (a[0] === b[0]) continue;
                    if (a[1] < b[3] && b[1] < a[3] && a[2] < b[4] && b[2] < a[4]) pairs.push(`${a[0]} × ${b[0]}`);
                }
                return pairs;
            }"""
        )
        return found
