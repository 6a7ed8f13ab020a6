// The page of one lead: tabs, the original table beside its row, and the keys e (decide) and a (assign).
import { composing, typing } from "./frame.js";

const tabs = [...document.querySelectorAll('[role="tab"]')];

function show(tab, focus = false) {
  for (const each of tabs) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    document.getElementById(each.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) tab.focus();
}

tabs.forEach((tab, at) => {
  tab.addEventListener("click", () => show(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) show(tabs[(at + step + tabs.length) % tabs.length], true);
  });
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "original" && !event.target.open) event.target.showModal();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close-original]")) event.target.closest("dialog").close();
});

function act(code) {
  const wanted = code === "decide" ? ["propose", "close", "send_back", "start_check", "reopen"] : [code];
  for (const each of wanted) {
    const step = document.getElementById(each);
    if (step) { step.open = true; step.querySelector("select, textarea, button").focus(); return; }
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const open of document.querySelectorAll(".actions details[open]")) open.open = false;
  if (composing(event) || typing(event) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "e") { event.preventDefault(); act("decide"); }
  if (event.key === "a") { event.preventDefault(); act("assign"); }
});

if (window.location.hash) {
  const part = window.location.hash.slice(1);
  const tab = document.getElementById(`tab-${part}`);
  if (tab) show(tab); else act(part);
}
