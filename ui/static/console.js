// The console: Ctrl+Enter runs, a running query can be stopped, and a result is drawn when somebody asks for it.

const form = document.getElementById("console");
const run = form.querySelector("[data-run]");
const stop = form.querySelector("[data-stop]");

document.getElementById("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
    event.preventDefault();
    run.click();
  }
});

// A new parameter takes the kind that its first value looks like, for all to see, until somebody chooses one. An ID number stays text.
const SHAPES = [[/^(0|-?[1-9]\d{0,14})$/, "integer"], [/^-?\d+\.\d+$/, "number"], [/^\d{4}-\d\d-\d\d$/, "date"]];
form.addEventListener("focusin", ({ target }) => {
  if (target.name?.startsWith("value-") && !target.value) target.dataset.shaped = "";
});
form.addEventListener("input", ({ target }) => {
  if (!target.name?.startsWith("value-") || target.dataset.shaped === undefined) return;
  const kind = SHAPES.find(([shape]) => shape.test(target.value.trim()))?.[1] ?? "text";
  target.parentElement.querySelector("select").value = kind;
});
form.addEventListener("change", ({ target }) => {
  if (target.name?.startsWith("kind-")) delete target.parentElement.querySelector("input").dataset.shaped;
});

for (const [name, running] of [["htmx:beforeRequest", true], ["htmx:afterRequest", false]]) {
  run.addEventListener(name, () => { stop.hidden = !running; run.disabled = running; });
}
stop.addEventListener("click", () => {
  fetch("/console/stop", { method: "POST", body: new URLSearchParams({ ticket: form.elements.ticket.value }) });
});

// Details do not bubble their toggle, so it is caught on the way down.
document.addEventListener("toggle", ({ target }) => {
  if (!target.open || !target.dataset.draw || target.querySelector(".network")) return;
  const frame = document.getElementById("network-frame").content.cloneNode(true);
  frame.querySelector(".network").dataset.network = target.dataset.draw;
  target.append(frame);
  document.dispatchEvent(new CustomEvent("network:added", { detail: target }));
}, true);
