// The list of leads on the keyboard: j k move, Enter opens, x selects, e decides, a assigns. The row in hand has its preview.
import { composing, typing } from "./frame.js";

const rows = [...document.querySelectorAll("#rows .row")];
const batch = document.getElementById("batch");
const preview = document.getElementById("preview");
const wide = window.matchMedia("(min-width: 1181px)");
let here = -1;

function stand(at) {
  if (!rows[at]) return;
  if (rows[here]) { rows[here].classList.remove("here"); rows[here].removeAttribute("aria-current"); }
  here = at;
  rows[here].classList.add("here");
  rows[here].setAttribute("aria-current", "true");
  rows[here].scrollIntoView({ block: "nearest" });
  if (wide.matches && preview) {
    window.htmx.ajax("GET", `/leads/${rows[here].dataset.key}/preview`, { target: "#preview", swap: "innerHTML" });
  }
}

function open(part = "") {
  if (rows[here]) window.location.href = `${rows[here].querySelector("a.sentence").getAttribute("href")}${part}`;
}

function count() {
  if (!batch) return;
  const chosen = rows.filter((row) => row.querySelector("input")?.checked).length;
  batch.hidden = chosen === 0;
  const told = batch.querySelector("[data-selected]");
  told.textContent = told.dataset.selected.replace("{n}", chosen);
}

rows.forEach((row, at) => {
  row.addEventListener("click", (event) => {
    if (event.target.closest("input")) count();
    else if (!event.target.closest("a")) { stand(at); if (!wide.matches) open(); }
  });
});

document.addEventListener("keydown", (event) => {
  if (composing(event) || typing(event) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const keys = {
    j: () => stand(Math.min(here + 1, rows.length - 1)),
    k: () => stand(Math.max(here - 1, 0)),
    Enter: () => { if (!event.target.closest("a, button, summary")) open(); },
    x: () => {
      const box = rows[here]?.querySelector("input");
      if (box) { box.checked = !box.checked; count(); }
    },
    e: () => open("#decide"),
    a: () => { if (batch && !batch.hidden) batch.querySelector("select").focus(); else open("#assign"); },
  };
  if (keys[event.key]) { if (event.key !== "Enter") event.preventDefault(); keys[event.key](); }
});

if (window.matchMedia("(max-width: 720px)").matches) document.getElementById("filters")?.removeAttribute("open");
if (rows.length && wide.matches) window.addEventListener("load", () => stand(0));
count();
