// What every page has: the search field, the list of keys. A word being composed in an input method never triggers anything.

export const composing = (event) => event.isComposing || event.keyCode === 229;
export const typing = (event) => event.target.closest("input, textarea, select, [contenteditable]") !== null;

const lookup = document.getElementById("lookup");
const hits = document.getElementById("hits");

if (lookup) {
  const ask = () => lookup.dispatchEvent(new CustomEvent("lookup"));
  let asked = "";
  lookup.addEventListener("input", (event) => {
    if (!composing(event) && lookup.value.trim() !== asked) { asked = lookup.value.trim(); ask(); }
  });
  lookup.addEventListener("compositionend", () => { asked = lookup.value.trim(); ask(); });
  lookup.form.addEventListener("keydown", (event) => {
    if (composing(event)) return;
    const links = [...hits.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && links.length) { event.preventDefault(); links[Math.min(at + 1, links.length - 1)].focus(); }
    if (event.key === "ArrowUp" && at >= 0) { event.preventDefault(); (links[at - 1] || lookup).focus(); }
    if (event.key === "Escape") { hits.replaceChildren(); lookup.focus(); lookup.blur(); }
  });
  window.addEventListener("load", () => { if (document.activeElement === lookup && lookup.value.trim()) ask(); }); // typed before the page was ready
  document.addEventListener("click", (event) => { if (!lookup.form.contains(event.target)) hits.replaceChildren(); });
}

document.addEventListener("keydown", (event) => {
  if (composing(event)) {
    if (event.key === "Enter") event.preventDefault();
    return;
  }
  const search = document.getElementById("lookup");
  if (search && ((event.key === "/" && !typing(event)) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)))) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "?" && !typing(event)) {
    document.getElementById("keys").showModal();
  }
}, true);

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys]")) document.getElementById("keys").showModal();
  for (const open of document.querySelectorAll("details.sorting[open], .actions details[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

// An answer that is an error page still has to be seen where the content was awaited.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400) { event.detail.shouldSwap = true; event.detail.isError = false; }
});
