// Handing in: files and folders chosen or dropped, what is chosen can be seen and taken out again, and how much has been sent.

const form = document.getElementById("handin");
const words = JSON.parse(form.dataset.words);
const zone = document.getElementById("dropzone");
const list = document.getElementById("list");
const chosen = new Map();

const size = (bytes) => bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} KB`;
const total = () => [...chosen.values()].reduce((sum, file) => sum + file.size, 0);

function complain(sentence) {
  const problem = document.getElementById("problem");
  problem.textContent = sentence;
  problem.hidden = !sentence;
  if (sentence) problem.scrollIntoView({ block: "nearest" });
}

function add(file, name) {
  const last = name.split("/").pop();
  if (!last.startsWith("~$") && !last.startsWith(".")) chosen.set(name, file);
}

function show() {
  list.replaceChildren(...[...chosen].map(([name, file]) => {
    const line = document.createElement("li");
    const out = document.createElement("button");
    out.type = "button";
    out.className = "plain";
    out.textContent = words.remove;
    out.setAttribute("aria-label", `${words.remove} ${name}`);
    out.addEventListener("click", () => { chosen.delete(name); show(); document.getElementById("files").focus(); });
    line.append(`${name} `, Object.assign(document.createElement("span"), { className: "muted", textContent: size(file.size) }), " ", out);
    return line;
  }));
  document.getElementById("chosen").textContent = chosen.size
    ? words.chosen.replace("{n}", chosen.size).replace("{size}", size(total())) : "";
  const problem = total() > Number(form.dataset.mostBytes) ? words["too_much.bytes"]
    : chosen.size > Number(form.dataset.mostFiles) ? words["too_much.files"] : "";
  complain(problem);
  return !problem;
}

for (const field of form.querySelectorAll("input[type=file]")) {
  field.addEventListener("change", () => {
    for (const file of field.files) add(file, file.webkitRelativePath || file.name);
    field.value = "";
    show();
  });
}

// A folder's entries come a hundred at a time.
const entries = (reader) => new Promise((done, failed) => reader.readEntries(done, failed));
async function walk(entry, above) {
  const name = above + entry.name;
  if (entry.isFile) { add(await new Promise((done, failed) => entry.file(done, failed)), name); return; }
  const reader = entry.createReader();
  for (let some = await entries(reader); some.length; some = await entries(reader)) {
    for (const each of some) await walk(each, `${name}/`);
  }
}

for (const name of ["dragenter", "dragover"]) {
  zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
}
zone.addEventListener("dragleave", () => zone.classList.remove("over"));
zone.addEventListener("drop", async (event) => {
  event.preventDefault();
  zone.classList.remove("over");
  const dropped = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  for (const entry of dropped) await walk(entry, "");
  show();
});

form.addEventListener("submit", (event) => {
  if (!chosen.size) return; // the server says what is missing
  event.preventDefault();
  if (!show()) return;
  const body = new FormData();
  body.append("note", form.elements.note.value);
  if (form.elements.full_list.checked) body.append("full_list", "on");
  for (const [name, file] of chosen) body.append("files", file, name);
  const sending = document.getElementById("sending");
  const bar = document.getElementById("sent");
  const told = sending.querySelector("span");
  const button = document.getElementById("send");
  const again = (sentence) => { button.disabled = false; sending.hidden = true; complain(sentence); };
  button.disabled = true;
  sending.hidden = false;
  const request = new XMLHttpRequest();
  request.responseType = "document";
  request.upload.addEventListener("progress", ({ loaded, total: all }) => {
    bar.value = loaded / all;
    told.textContent = loaded < all ? words.sending.replace("{size}", `${size(loaded)} / ${size(all)}`) : words.sent;
  });
  request.addEventListener("load", () => {
    if (request.status < 400) { location.assign(request.responseURL); return; }
    const page = request.response;
    again(page?.querySelector("#problem")?.textContent || page?.querySelector("main")?.textContent.trim() || words.lost);
  });
  request.addEventListener("error", () => again(words.lost));
  request.open("POST", form.action);
  request.send(body);
});
