// The network: what is drawn follows from a small state (what is there, hidden, opened, where it lies); every change of it can be
// undone and stands behind the address. Elements come from the server ready to draw; nothing here knows the database.
import { composing, typing } from "./frame.js";

const words = JSON.parse(document.getElementById("words").textContent);
const say = (key, fill = {}) => words[`network.${key}`].replace(/\{(\w+)\}/g, (_, name) => fill[name]);

const FAMILIES = { // fill and border; the borders are the Okabe–Ito colours
  power: ["#fdf1d8", "#e69f00"], person: ["#e6f3fb", "#56b4e9"], place: ["#f2f4f7", "#98a2b3"], company: ["#dff3ec", "#009e73"],
  benefit: ["#f9ebf3", "#cc79a7"], works: ["#e0edf6", "#0072b2"], account: ["#fae7d9", "#d55e00"], asset: ["#fcfae0", "#b8ac1d"],
  note: ["#f2f4f7", "#475467"],
};
const FOLDED = "-1 -1 0.55 -1 1 -0.5 1 1 -1 1";
const SMALL = new Set(["place", "account", "note"]);
const CROWD = 300; // more nodes than this cannot be read
const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const LINE = 17;

const pen = document.createElement("canvas").getContext("2d");
pen.font = `600 13px ${FONT}`;
const width = (text) => pen.measureText(text).width;

/** Breaks a name into lines no wider than `most` pixels, three at the most; numbers and Latin words stay whole. */
function lines(text, most = 112) {
  const broken = [""];
  for (const piece of text.match(/[\x21-\x7e]+|[^\x21-\x7e]/g) || []) {
    const last = broken[broken.length - 1];
    if (last.trim() && width(last + piece) > most) broken.push(piece.trim());
    else broken[broken.length - 1] = last + piece;
  }
  return broken.length > 3 ? [...broken.slice(0, 2), `${broken[2].slice(0, -1)}…`] : broken;
}

function make(tag, fill = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(fill)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

async function fetched(address, body) {
  const asked = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(address, asked);
  if (response.status === 401) { window.location.reload(); return new Promise(() => {}); }
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    throw new Error(told.error || say("failed"));
  }
  return response.json();
}

const copy = (state) => ({
  nodes: new Set(state.nodes), edges: new Set(state.edges), hidden: new Set(state.hidden), opened: new Set(state.opened),
  off: new Set(state.off), pinned: new Set(state.pinned), at: new Map(state.at), brought: new Map(state.brought), merged: state.merged,
});

class Network {
  constructor(section) {
    this.section = section;
    this.small = "small" in section.dataset;
    this.unit = section.dataset.unit;
    this.pool = { nodes: new Map(), edges: new Map() };
    this.base = new Set();
    this.state = copy({ nodes: [], edges: [], hidden: [], opened: [], off: [], pinned: [], at: [], brought: [], merged: false });
    this.past = [];
    this.future = [];
    this.groups = new Map();
    this.met = new Map(); // open leads of the ledger that meet at a node: id → {n, leads}
    this.folded = new Map(); // payments that came as one node: id → id of that node
    this.part = (name) => section.querySelector(name);
    this.tall = this.part(".canvas").clientWidth < 520; // too narrow to read from left to right: from top to bottom
    this.cy = window.cytoscape({
      container: this.part(".canvas"), style: styles(), minZoom: 0.08, maxZoom: 3,
      boxSelectionEnabled: !this.small, autoungrabify: this.small, userZoomingEnabled: !this.small, userPanningEnabled: !this.small,
    });
    section.network = this;
    if (!this.small) this.listen();
    this.open().catch((problem) => this.fail(problem));
  }

  async open() {
    const { network, about, view } = this.section.dataset;
    this.toast(say("loading"), true);
    const base = await fetched(network, about ? { id: about } : undefined);
    this.take(base);
    base.nodes.forEach((node) => { this.base.add(node.id); this.state.nodes.add(node.id); });
    base.edges.forEach((edge) => this.state.edges.add(edge.id));
    this.hush();
    if (view) await this.restore(view);
    await this.meet([...this.state.nodes]);
    if (!this.small && this.state.nodes.size > CROWD) this.state.merged = true;
    this.draw({ layout: this.state.at.size === 0 });
    if (this.state.at.size) this.fit();
    if (this.cy.nodes().empty()) this.toast(say("nothing"), true);
    this.ready = true;
    this.section.dataset.drawn = "";
  }

  async restore(name) {
    const kept = await fetched(`/views/${name}.json`);
    const { canvas } = kept;
    if (!canvas.nodes.length && !canvas.hidden.length && !Object.keys(canvas.at).length) return;
    this.take(kept);
    for (const id of canvas.nodes) if (this.pool.nodes.has(id)) this.state.nodes.add(id);
    for (const id of canvas.edges) if (this.pool.edges.has(id)) this.state.edges.add(id);
    this.state = copy({ ...this.state, hidden: canvas.hidden, opened: canvas.opened, off: canvas.off, pinned: canvas.pinned,
      at: Object.entries(canvas.at), merged: canvas.merged });
    if (kept.gone) this.toast(say("gone", { n: kept.gone }));
    if (canvas.table) this.table(true);
  }

  /** Asks the ledger which open leads meet at nodes, besides the one whose canvas this is. */
  async meet(ids) {
    if (this.small || !ids.length) return;
    const { met } = await fetched("/graph/leads", { ids, besides: this.section.dataset.lead || "" });
    for (const [id, leads] of Object.entries(met)) {
      this.met.set(id, leads);
      this.pool.nodes.get(id).meets = leads.n;
    }
  }

  /** Keeps what was received. An edge to a payment that came folded leads to its fold. */
  take({ nodes, edges }) {
    for (const node of nodes) {
      if (!this.pool.nodes.has(node.id)) this.pool.nodes.set(node.id, node);
      for (const member of node.members) this.folded.set(member.id, node.id);
    }
    for (const edge of edges.map((each) => this.led(each))) {
      const known = this.pool.edges.get(edge.id);
      if (!known) this.pool.edges.set(edge.id, edge);
      else if (edge.part && known.parts && !known.parts.some((part) => part.id === edge.part)) known.parts.push(...edge.parts); // a fold's own edge stands for all of them
    }
  }

  led(edge) {
    const [source, target] = [this.folded.get(edge.source) || edge.source, this.folded.get(edge.target) || edge.target];
    if (source === edge.source && target === edge.target) return edge;
    return { ...edge, id: `${edge.type}|${source}|${target}`, source, target, part: edge.id, parts: [edge] };
  }

  /** Ids the database knows of all that is drawn. */
  known() { return this.visible().nodes.flatMap((node) => (node.many ? node.members.map((member) => member.id) : [node.id])); }

  // --- changes, and going back on them ---

  change(alter, options = {}) {
    this.remember();
    this.past.push(copy(this.state));
    this.future = [];
    alter(this.state);
    this.draw(options);
    this.keep();
  }

  remember() {
    this.cy.nodes().forEach((node) => { this.state.at.set(node.id(), [node.position("x"), node.position("y")]); });
  }

  step(from, to) {
    if (!from.length) return;
    this.remember();
    to.push(copy(this.state));
    this.state = from.pop();
    this.draw({ moveTo: true });
    this.keep();
  }

  undo() { this.step(this.past, this.future); }
  redo() { this.step(this.future, this.past); }

  /** Puts the whole canvas behind the address, a moment after the last change. */
  keep() {
    clearTimeout(this.keeping);
    delete this.section.dataset.kept;
    this.keeping = setTimeout(() => this.keepNow().catch((problem) => this.fail(problem)), 500);
  }

  async keepNow() {
    this.remember();
    const { lead, about } = this.section.dataset;
    const drawn = new Set(this.cy.nodes().map((node) => node.id()));
    const at = Object.fromEntries([...this.state.at].filter(([id]) => drawn.has(id)).map(([id, [x, y]]) => [id, [Math.round(x), Math.round(y)]]));
    const added = [...this.state.nodes].filter((id) => !this.base.has(id));
    const { id } = await fetched("/views", {
      lead, about, nodes: added, edges: added.length ? [...this.state.edges] : [], hidden: [...this.state.hidden], opened: [...this.state.opened],
      folded: added.length ? [...this.folded.keys()] : [], off: [...this.state.off], pinned: [...this.state.pinned], at, merged: this.state.merged, table: this.asTable === true,
    });
    const path = window.location.pathname;
    const address = path.startsWith("/explore/view/") ? `/explore/view/${id}` : `${path}?view=${id}`;
    window.history.replaceState(null, "", address + window.location.hash);
    this.section.dataset.kept = id;
  }

  // --- from the state to what is drawn ---

  visible() {
    const nodes = [...this.state.nodes].map((id) => this.pool.nodes.get(id))
      .filter((node) => !this.state.hidden.has(node.id) && !this.state.off.has(node.kind));
    const there = new Set(nodes.map((node) => node.id));
    const edges = [...this.state.edges].map((id) => this.pool.edges.get(id)).filter((edge) => there.has(edge.source) && there.has(edge.target));
    return { nodes, edges };
  }

  /** Nodes alike become one: payments of a programme to a person always, others when the canvas is crowded. */
  grouped({ nodes, edges }) {
    const touching = new Map(nodes.map((node) => [node.id, []]));
    for (const edge of edges) { touching.get(edge.source).push(edge); touching.get(edge.target).push(edge); }
    const alike = new Map();
    for (const node of nodes) {
      const near = touching.get(node.id);
      let key = null;
      if (node.many) continue;
      if (node.label === "Payment") {
        key = `${node.programme}|${near.filter((edge) => ["TO", "INTO"].includes(edge.type)).map((edge) => edge.target).sort()}`;
      } else if (this.state.merged && !node.strong && !this.state.pinned.has(node.id)) {
        key = `${near.map((edge) => `${edge.type}${edge.source === node.id ? ">" + edge.target : "<" + edge.source}`).sort()}`;
      }
      if (key === null) continue;
      const id = `group:${node.kind}|${key}`;
      if (!alike.has(id)) alike.set(id, []);
      alike.get(id).push(node);
    }
    this.groups = new Map();
    const into = new Map();
    for (const [id, members] of alike) {
      const least = members[0].label === "Payment" ? 2 : 3;
      if (members.length < least || this.state.opened.has(id)) continue;
      this.groups.set(id, members);
      members.forEach((node) => into.set(node.id, id));
    }
    const drawnNodes = nodes.filter((node) => !into.has(node.id));
    for (const [id, members] of this.groups) drawnNodes.push(this.group(id, members));
    const merged = new Map();
    for (const edge of edges) {
      const source = into.get(edge.source) || edge.source;
      const target = into.get(edge.target) || edge.target;
      const id = `${edge.type}|${source}|${target}`;
      const same = merged.get(id);
      const parts = edge.parts || [edge];
      if (!same) merged.set(id, { ...edge, id, source, target, parts });
      else Object.assign(same, { parts: [...same.parts, ...parts], strong: same.strong || edge.strong, against: same.against && edge.against });
    }
    for (const edge of merged.values()) if (edge.parts.length > 1) this.mergeEdge(edge);
    return { nodes: drawnNodes, edges: [...merged.values()] };
  }

  group(id, members) {
    const [first] = members;
    const total = members.reduce((sum, node) => sum + (node.amount || 0), 0);
    const days = members.map((node) => node.day).filter(Boolean).sort();
    const span = days.length ? [...new Set([days[0].slice(0, 7), days[days.length - 1].slice(0, 7)])].join("–") : "";
    const payments = first.label === "Payment";
    return { ...first, id, name: first.what, caption: payments ? this.money(total) : say("merged", { n: members.length, what: first.what }),
      under: payments ? `${say("payments", { n: members.length })} ${span}` : "", strong: members.some((node) => node.strong), many: members.length, members, facts: [] };
  }

  /** Several relations of a type between the same two: what they say, their sum, or how many they are. */
  mergeEdge(edge) {
    const amounts = edge.parts.filter((part) => part.amount);
    const total = amounts.reduce((sum, part) => sum + part.amount, 0);
    const said = [...new Set(edge.parts.map((part) => part.caption))];
    edge.amount = amounts.length ? total : null;
    edge.facts = edge.parts.length <= 3 ? edge.parts.flatMap((part) => part.facts) : [];
    if (amounts.length && edge.type !== "INTO") edge.caption = this.money(total);
    else if (said.length <= 3) edge.caption = said.filter(Boolean).join("、");
    else edge.caption = edge.word ? `${edge.word} ×${edge.parts.length}` : "";
  }

  money(amount) {
    const [number, digits] = this.unit === "元" ? [amount, 2] : [amount / 10000, 2];
    const text = number.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return `${text} ${this.section.closest("html").lang === "en" ? { 元: "yuan", 万元: "×10k yuan" }[this.unit] : this.unit}`;
  }

  /** A change of contractor is also an arrow from the old to the new one. */
  swaps({ nodes, edges }) {
    const added = [];
    for (const change of nodes.filter((node) => node.label === "ContractChange")) {
      const end = (type) => edges.find((edge) => edge.type === type && edge.source === change.id)?.target;
      const [old, fresh] = [end("OLD_CONTRACTOR"), end("NEW_CONTRACTOR")];
      if (old && fresh) {
        added.push({ id: `SWAP|${change.id}`, source: old, target: fresh, type: "SWAP", kind: "swap", verb: say("swap"), strong: change.strong,
          caption: `${say("swap")} ${change.under}`, facts: [], parts: [] });
      }
    }
    return { nodes, edges: [...edges, ...added] };
  }

  draw({ layout = false, moveTo = false, around = null } = {}) {
    const { cy } = this;
    const picture = this.swaps(this.grouped(this.visible()));
    if (this.small && picture.nodes.some((node) => node.strong)) {
      picture.nodes = picture.nodes.filter((node) => node.strong);
      const kept = new Set(picture.nodes.map((node) => node.id));
      picture.edges = picture.edges.filter((edge) => kept.has(edge.source) && kept.has(edge.target))
        .map((edge) => (edge.kind === "plain" ? { ...edge, caption: "" } : edge));
    }
    this.picture = picture;
    const emphasis = picture.edges.some((edge) => edge.strong) || picture.nodes.some((node) => node.strong);
    const wanted = new Map();
    for (const node of picture.nodes) wanted.set(node.id, { group: "nodes", data: looks(node), classes: `${classesOf(node, emphasis)} ${this.tall ? "tall" : ""}` });
    for (const edge of picture.edges) wanted.set(edge.id, { group: "edges", data: edgeLooks(edge), classes: edgeClasses(edge, emphasis) });
    const fresh = [];
    cy.batch(() => {
      cy.elements().filter((element) => !wanted.has(element.id())).remove();
      for (const element of wanted.values()) {
        const known = cy.getElementById(element.data.id);
        if (known.nonempty()) {
          if (known.isEdge() && (known.data("source") !== element.data.source || known.data("target") !== element.data.target)) known.remove();
          else { known.data(element.data); known.classes(`${element.classes} ${known.hasClass("bent") ? "bent" : ""}`); continue; }
        }
        if (element.group === "nodes") fresh.push(element.data.id);
        cy.add(element);
      }
      for (const [id, [x, y]] of this.state.at) {
        const node = cy.getElementById(id);
        if (node.nonempty() && (moveTo || fresh.includes(id) || !this.ready)) node.position({ x, y });
      }
      cy.nodes().forEach((node) => { node.toggleClass("pinned", this.state.pinned.has(node.id())); });
    });
    const placeless = fresh.filter((id) => !this.state.at.has(id));
    if (layout) this.layout();
    else if (placeless.length) this.place(placeless, around);
    this.legend();
    this.list();
    this.crowd();
    if (this.asTable) this.tabulate();
    const disabled = (name, none) => { const button = this.part(`[data-do="${name}"]`); if (button) button.disabled = none; };
    disabled("undo", !this.past.length);
    disabled("redo", !this.future.length);
  }

  // --- where things lie ---

  layout() {
    if (this.cy.nodes().empty()) return;
    if (this.section.dataset.layout === "layers" && this.cy.nodes().length <= 150) this.layers();
    else this.force();
    this.fit();
  }

  /** From left to right like the sentence. Every label on an edge takes part as a box, so that nothing overlaps. */
  layers() {
    const { cy } = this;
    const boxes = [];
    const order = [...cy.nodes()].sort((a, b) => a.data("tier") - b.data("tier") || Number(b.data("strong")) - Number(a.data("strong")));
    for (const node of order) boxes.push({ group: "nodes", data: { id: node.id(), ...this.room(node) } });
    const byWeight = [...cy.edges()].sort((a, b) => Number(b.data("strong")) - Number(a.data("strong")));
    for (const edge of byWeight) {
      const [source, target] = [edge.source(), edge.target()];
      const forward = source.data("tier") <= target.data("tier");
      const [start, end] = forward ? [source.id(), target.id()] : [target.id(), source.id()];
      if (start === end) continue;
      const label = `label:${edge.id()}`;
      const words_ = edge.data("shown");
      boxes.push({ group: "nodes", data: { id: label, w: words_ ? width(words_) + 10 : 4, h: words_ ? 18 : 4 } });
      const weight = edge.data("strong") ? 4 : 1;
      boxes.push({ group: "edges", data: { id: `first:${edge.id()}`, source: start, target: label, weight } },
        { group: "edges", data: { id: `then:${edge.id()}`, source: label, target: end, weight } });
      edge.scratch("forward", forward);
    }
    const plan = window.cytoscape({ headless: true, styleEnabled: true, elements: boxes,
      style: [{ selector: "node", style: { width: "data(w)", height: "data(h)", shape: "rectangle" } }] });
    plan.layout({ name: "dagre", rankDir: this.tall ? "TB" : "LR", nodeSep: 10, edgeSep: 10, rankSep: this.tall ? 8 : 14, ranker: "network-simplex", fit: false, useDagreEdgeControlPoints: true,
      edgeWeight: (edge) => edge.data("weight") }).run();
    cy.batch(() => {
      cy.nodes().forEach((node) => {
        if (this.state.pinned.has(node.id())) return;
        const { x, y } = plan.getElementById(node.id()).position();
        node.position({ x: this.tall ? x - (node.data("w") + 8) / 2 : x, y });
      });
      cy.edges().forEach((edge) => {
        const label = plan.getElementById(`label:${edge.id()}`);
        if (label.empty()) return;
        const middle = label.position();
        const way = [...turns(plan.getElementById(`first:${edge.id()}`)), middle, ...turns(plan.getElementById(`then:${edge.id()}`))];
        const ends = [edge.source(), edge.target()].map((end) => ({ ...end.position(), w: end.data("wide") / 2 + 8, h: end.data("side") / 2 + 8 }));
        const clear = (point) => ends.every(({ x, y, w, h }) => Math.abs(point.x - x) > w || Math.abs(point.y - y) > h);
        const led = way.filter((point) => point === middle || clear(point));
        bend(edge, edge.scratch("forward") ? led : led.reverse(), middle);
      });
    });
    plan.destroy();
  }

  /** The room a node takes with its label: below the shape, or on a narrow canvas to its right. */
  room(node) {
    const { wide, side, w, below } = node.data();
    return this.tall ? { w: wide + w + 8, h: Math.max(side, below) + 8 } : { w: Math.max(wide, w) + 6, h: side + 2 * below };
  }

  force() {
    const many = this.cy.nodes().length;
    const fixed = this.cy.nodes(".pinned").map((node) => ({ nodeId: node.id(), position: { ...node.position() } }));
    this.straighten(this.cy.edges());
    this.cy.layout({ name: "fcose", quality: many > 500 ? "draft" : "default", animate: false, randomize: true, fit: false,
      nodeDimensionsIncludeLabels: true, idealEdgeLength: (edge) => 90 + width(edge.data("shown")), nodeRepulsion: 9000, nodeSeparation: 110, packComponents: true,
      fixedNodeConstraint: fixed.length ? fixed : undefined }).run();
  }

  /** New nodes find a place around what they were opened from; what was there stays where it is. */
  place(ids, around) {
    const { cy } = this;
    const known = cy.nodes().filter((node) => !ids.includes(node.id()));
    const taken = known.map((node) => boxOf(node));
    const centre = around && cy.getElementById(around).nonempty() ? cy.getElementById(around).position()
      : known.nonempty() ? { x: (known.boundingBox().x1 + known.boundingBox().x2) / 2, y: known.boundingBox().y2 + 60 } : { x: 0, y: 0 };
    const right = around ? Number(cy.getElementById(around).data("tier") || 0) : 0;
    let turn = 0;
    for (const id of ids) {
      const node = cy.getElementById(id);
      const side = node.data("tier") >= right ? 0 : Math.PI;
      for (let ring = 1; ; turn += 1) {
        const around_ = Math.floor(turn / 9);
        ring = 150 + 105 * Math.floor(around_ / 2);
        const slot = turn % 9;
        const angle = side + (slot % 2 ? 1 : -1) * Math.ceil(slot / 2) * 0.36 + (around_ % 2 ? 0.18 : 0);
        node.position({ x: centre.x + Math.cos(angle) * ring * 1.25, y: centre.y + Math.sin(angle) * ring });
        const box = boxOf(node);
        if (turn > 4000 || !taken.some((other) => overlap(box, other))) { taken.push(box); break; }
      }
    }
    const view = cy.extent();
    const all = cy.nodes().boundingBox();
    if (all.x1 < view.x1 || all.x2 > view.x2 || all.y1 < view.y1 || all.y2 > view.y2) this.fit();
  }

  straighten(edges) { edges.forEach((edge) => { edge.removeClass("bent"); edge.removeData("weights distances"); }); }

  fit() { this.cy.resize(); this.cy.fit(this.cy.elements(), 24); if (this.cy.zoom() > 1.25) { this.cy.zoom(1.25); this.cy.center(); } }

  // --- hands ---

  listen() {
    const { cy, section } = this;
    let last = { id: "", at: 0 };
    cy.on("tap", "node", (event) => {
      this.closeMenu();
      const id = event.target.id();
      const again = last.id === id && event.originalEvent.timeStamp - last.at < 350;
      last = { id, at: event.originalEvent.timeStamp };
      if (again) this.expand(id); else this.card(event.target);
    });
    cy.on("tap", "edge", (event) => { this.closeMenu(); this.card(event.target); });
    cy.on("tap", (event) => { if (event.target === cy) { this.closeMenu(); this.part(".card").hidden = true; } });
    cy.on("cxttap", "node", (event) => {
      const { x, y } = event.renderedPosition;
      event.target.select();
      this.menu(event.target.id(), x, y);
    });
    cy.on("grab", "node", (event) => { this.before = copy(this.state); this.remember(); this.before.at = new Map(this.state.at); this.grabbed = { ...event.target.position() }; });
    cy.on("drag", "node", (event) => this.straighten(event.target.connectedEdges()));
    cy.on("dragfree", "node", (event) => {
      const { x, y } = event.target.position();
      if (Math.hypot(x - this.grabbed.x, y - this.grabbed.y) < 3) return;
      this.past.push(this.before);
      this.future = [];
      cy.nodes(":grabbed, :selected").union(event.target).forEach((node) => { this.state.pinned.add(node.id()); });
      this.remember();
      this.draw();
      this.keep();
    });
    cy.on("mouseover", "edge", (event) => this.hint(event.target));
    cy.on("mouseout", "edge", () => this.hush());
    cy.on("select", "node", (event) => { this.part("[data-said]").textContent = `${say("selected")}: ${event.target.data("said")}`; });
    this.part(".canvas").addEventListener("contextmenu", (event) => event.preventDefault());
    section.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (button) this.do(button.dataset.do);
    });
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("resize", () => this.cy.resize());
  }

  do(what) {
    const deeds = {
      undo: () => this.undo(), redo: () => this.redo(), fit: () => this.fit(),
      layout: () => this.change(() => {}, { layout: true }), hide: () => this.hide(), path: () => this.path(),
      table: () => { this.table(!this.asTable); this.keep(); }, png: () => this.png(), link: () => this.link(),
    };
    deeds[what]();
  }

  key(event) {
    const inside = this.section.contains(document.activeElement);
    if (composing(event) || (!inside && document.activeElement !== document.body)) return;
    if (typing(event) || document.querySelector("dialog[open]")) return;
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const canvas = document.activeElement === this.part(".canvas");
    const chosen = this.cy.nodes(":selected");
    let deed = null;
    if (control && key === "z") deed = () => (event.shiftKey ? this.redo() : this.undo());
    else if (control && key === "y") deed = () => this.redo();
    else if (control || event.altKey) return;
    else if (key === "Escape") deed = () => { this.closeMenu(); this.part(".card").hidden = true; };
    else if (key === "Delete" || (key === "Backspace" && canvas)) deed = () => this.hide();
    else if ((key === "F10" && event.shiftKey) || key === "ContextMenu") deed = chosen.nonempty() ? () => this.menuAtNode(chosen[0]) : null;
    else if (["f", "l", "t", "p"].includes(key)) deed = () => this.do({ f: "fit", l: "layout", t: "table", p: "path" }[key]);
    else if (canvas && key.startsWith("Arrow")) deed = () => this.move(key);
    else if (canvas && key === "Enter" && chosen.nonempty()) deed = () => this.expand(chosen[0].id());
    else if (canvas && key === " " && chosen.nonempty()) deed = () => this.card(chosen[0]);
    if (deed) { event.preventDefault(); deed(); }
  }

  /** An arrow key goes to the nearest node in its direction. */
  move(key) {
    const nodes = this.cy.nodes();
    if (nodes.empty()) return;
    const from = this.cy.nodes(":selected")[0];
    const [dx, dy] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
    let best = from ? null : nodes.min((node) => node.position("x") + node.position("y")).ele;
    if (from) {
      let least = Infinity;
      nodes.forEach((node) => {
        const [x, y] = [node.position("x") - from.position("x"), node.position("y") - from.position("y")];
        const [along, aside] = [x * dx + y * dy, Math.abs(x * dy) + Math.abs(y * dx)];
        if (along > 5 && along + 2 * aside < least) { least = along + 2 * aside; best = node; }
      });
    }
    if (!best) return;
    this.cy.nodes().unselect();
    best.select();
    const view = this.cy.extent();
    const { x, y } = best.position();
    if (x < view.x1 || x > view.x2 || y < view.y1 || y > view.y2) this.cy.center(best);
    if (!this.part(".card").hidden) this.card(best);
  }

  /** Brings in all neighbours, unless they are many: then the menu says of which kinds. */
  async expand(id) {
    if (this.groups.has(id)) { this.change((state) => state.opened.add(id), { around: id }); return; }
    if (id.startsWith("group:")) { this.card(this.cy.getElementById(id)); return; }
    try {
      const { kinds, limit } = await fetched("/graph/counts", { id });
      if (kinds.reduce((sum, kind) => sum + kind.count, 0) > limit) { this.menuAtNode(this.cy.getElementById(id)); return; }
      const found = { nodes: [], edges: [] };
      for (const kind of kinds) {
        const near = await this.near(id, kind, 0, "");
        found.nodes.push(...near.nodes);
        found.edges.push(...near.edges);
      }
      await this.bring(id, found);
    } catch (problem) { this.fail(problem); }
  }

  near(id, kind, after, text) {
    return fetched("/graph/neighbours", { id, type: kind.type, direction: kind.direction, after, text, drawn: this.known() });
  }

  async expandKind(id, kind, limit) {
    try {
      if (kind.count > limit) { await this.pick(id, kind); return; }
      await this.bring(id, await this.near(id, kind, 0, ""));
    } catch (problem) { this.fail(problem); }
  }

  async bring(id, found, only = null) {
    const nodes = found.nodes.filter((node) => (only === null || only.has(node.id)) && !this.folded.has(node.id));
    const fresh = nodes.filter((node) => !this.state.nodes.has(node.id) || this.state.hidden.has(node.id));
    const there = new Set([...this.state.nodes, ...nodes.map((node) => node.id)]);
    const edges = found.edges.map((edge) => this.led(edge)).filter((edge) => there.has(edge.source) && there.has(edge.target));
    const news = edges.filter((edge) => !this.state.edges.has(edge.id));
    if (!fresh.length && !news.length) { this.toast(found.nodes.length ? say("drawn") : say("no_neighbours")); return; }
    this.take({ nodes, edges: found.edges });
    await this.meet(fresh.map((node) => node.id));
    this.change((state) => {
      for (const node of nodes) {
        if (!state.nodes.has(node.id) && id) state.brought.set(node.id, id);
        state.nodes.add(node.id);
        state.hidden.delete(node.id);
        state.off.delete(node.kind);
      }
      edges.forEach((edge) => state.edges.add(edge.id));
    }, { around: id });
    this.toast(say("added", { n: fresh.length }));
  }

  collapse(id) {
    const gone = new Set();
    const gather = (parent) => { for (const [child, by] of this.state.brought) if (by === parent && !gone.has(child)) { gone.add(child); gather(child); } };
    gather(id);
    if (gone.size) this.change((state) => gone.forEach((child) => { state.nodes.delete(child); state.brought.delete(child); }));
  }

  hide() {
    const chosen = this.cy.nodes(":selected");
    if (chosen.empty()) { this.toast(say("hide.choose")); return; }
    const ids = chosen.map((node) => node.id()).flatMap((id) => (this.groups.get(id) || [{ id }]).map((node) => node.id));
    this.change((state) => ids.forEach((id) => state.hidden.add(id)));
    this.part(".card").hidden = true;
  }

  async path() {
    const chosen = this.cy.nodes(":selected").filter((node) => !node.id().startsWith("group:"));
    if (chosen.length !== 2) { this.toast(say("path.choose")); return; }
    try {
      const found = await fetched("/graph/path", { a: chosen[0].id(), b: chosen[1].id(), drawn: this.known() });
      if (!found.nodes.length) { this.toast(say("path.none")); return; }
      await this.bring(chosen[0].id(), found);
      const ids = new Set(found.nodes.map((node) => node.id));
      this.cy.nodes().forEach((node) => { if (ids.has(node.id())) node.select(); });
    } catch (problem) { this.fail(problem); }
  }

  async png() {
    const blob = await this.cy.png({ output: "blob-promise", full: true, scale: 2, bg: "#ffffff", maxWidth: 8000, maxHeight: 8000 });
    const address = URL.createObjectURL(blob);
    make("a", { href: address, download: "network.png" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 5000);
  }

  async link() {
    clearTimeout(this.keeping);
    try {
      await this.keepNow();
      await navigator.clipboard.writeText(window.location.href);
      this.toast(say("copied"));
    } catch { this.toast(say("link_in_bar")); }
  }

  // --- what stands beside the picture ---

  card(element) {
    const card = this.part(".card");
    if (!card) return;
    const data = element.data();
    const close = make("button", { type: "button", class: "plain close", "aria-label": say("close"), onclick: () => { card.hidden = true; } }, "✕");
    const facts = make("dl", {});
    for (const [name, text] of data.facts || []) facts.append(make("dt", {}, name), make("dd", {}, text));
    card.replaceChildren(close);
    let ids = [];
    if (element.isNode()) {
      const members = data.many ? data.members : null;
      ids = (members || [data]).map((node) => node.id);
      card.append(make("h3", {}, data.caption), make("div", { class: "muted" }, [data.what, data.under].filter(Boolean).join(" · ")), facts);
      if (members) {
        const list = make("ul", {});
        for (const node of members) list.append(make("li", {}, make("span", {}, node.day || node.caption), make("span", {}, node.day ? node.caption : "")));
        card.append(list);
        if (this.groups.has(data.id)) card.append(make("button", { type: "button", onclick: () => this.expand(data.id) }, say("ungroup")));
      } else {
        const buttons = make("div", { class: "chips" },
          make("button", { type: "button", onclick: () => this.expand(data.id) }, say("expand")),
          make("button", { type: "button", onclick: () => this.around(data.id) }, say("open")));
        card.append(buttons);
        const met = this.met.get(data.id);
        if (met) {
          const list = make("ul", { class: "met" });
          for (const lead of met.leads) list.append(make("li", {}, make("a", { href: `/leads/${lead.key}` }, lead.title)));
          card.append(make("h4", {}, say("met", { n: met.n })), list);
        }
      }
    } else {
      ids = (data.parts || []).map((part) => part.id);
      card.append(make("h3", {}, data.caption || data.verb), make("div", { class: "muted" },
        `${element.source().data("caption")} → ${element.target().data("caption")}`), facts);
    }
    if (ids.length) {
      const sources = make("div", {});
      card.append(make("button", { type: "button", class: "plain", onclick: () => this.sources(ids.slice(0, 50), sources) }, say("sources")), sources);
    }
    card.hidden = false;
  }

  async sources(ids, into) {
    try {
      const { rows } = await fetched("/graph/sources", { ids });
      const list = make("ul", {});
      for (const row of rows.slice(0, 50)) {
        list.append(make("li", {}, make("button", { type: "button", class: "plain", onclick: () => this.original(row) },
          [row.title, row.file, row.sheet, row.row].filter(Boolean).join(" · "))));
      }
      into.replaceChildren(rows.length ? list : make("p", { class: "muted" }, say("sources.none")));
    } catch (problem) { this.fail(problem); }
  }

  async original(row) {
    const { delivery, file, sheet, row: number, of } = row;
    const response = await fetch("/graph/original", { method: "POST", headers: { "Content-Type": "application/json", "HX-Request": "true" },
      body: JSON.stringify({ delivery, file, sheet, row: number, of }) });
    const dialog = this.part("dialog.pick");
    const holder = make("div", {});
    holder.innerHTML = await response.text(); // a page of our own server, escaped there
    holder.querySelector("[data-close-original]")?.addEventListener("click", () => dialog.close());
    dialog.classList.add("wide");
    dialog.replaceChildren(holder);
    dialog.showModal();
  }

  async around(id) {
    const { id: view } = await fetched("/views", { about: id });
    window.location.href = `/explore/view/${view}`;
  }

  menuAtNode(node) {
    const { x, y } = node.renderedPosition();
    this.menu(node.id(), x + 20, y + 10);
  }

  async menu(id, x, y) {
    const menu = this.part(".menu");
    const item = (text, count, deed) => make("button", { type: "button", role: "menuitem", onclick: () => { this.closeMenu(); deed(); } },
      make("span", {}, text), make("span", { class: "n" }, count === null ? "" : String(count)));
    const items = [];
    if (this.groups.has(id)) items.push(item(say("ungroup"), this.groups.get(id).length, () => this.expand(id)));
    else if (!id.startsWith("group:")) {
      try {
        const { kinds, limit } = await fetched("/graph/counts", { id });
        for (const kind of kinds) items.push(item(kind.what, kind.count, () => this.expandKind(id, kind, limit)));
        if (!kinds.length) items.push(make("div", { class: "muted" }, say("no_neighbours")));
      } catch (problem) { this.fail(problem); return; }
      items.push(make("hr"));
      if ([...this.state.brought.values()].includes(id)) items.push(item(say("collapse"), null, () => this.collapse(id)));
      const pinned = this.state.pinned.has(id);
      items.push(item(say(pinned ? "unpin" : "pin"), null, () => this.change((state) => (pinned ? state.pinned.delete(id) : state.pinned.add(id)))));
      items.push(item(say("open"), null, () => this.around(id)));
      const opened = [...this.state.opened].filter((group) => this.picture.nodes.some((node) => node.id === id) && group.startsWith(`group:${this.pool.nodes.get(id).kind}|`));
      if (opened.length) items.push(item(say("regroup"), null, () => this.change((state) => opened.forEach((group) => state.opened.delete(group)))));
    }
    items.push(item(say("hide"), null, () => { this.cy.nodes().unselect(); this.cy.getElementById(id).select(); this.hide(); }));
    menu.replaceChildren(...items);
    menu.hidden = false;
    const canvas = this.part(".canvas");
    menu.style.left = `${Math.max(4, Math.min(canvas.offsetLeft + x, this.section.clientWidth - menu.offsetWidth - 6))}px`;
    menu.style.top = `${Math.max(4, Math.min(canvas.offsetTop + y, this.section.clientHeight - menu.offsetHeight - 6))}px`;
    menu.querySelector("button")?.focus();
    menu.onkeydown = (event) => {
      const buttons = [...menu.querySelectorAll("button")];
      const at = buttons.indexOf(document.activeElement);
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) { event.preventDefault(); event.stopPropagation(); buttons[(at + step + buttons.length) % buttons.length].focus(); }
      if (event.key === "Escape" || event.key === "Tab") { event.preventDefault(); event.stopPropagation(); this.closeMenu(); canvas.focus(); }
    };
  }

  closeMenu() { const menu = this.part(".menu"); if (menu) menu.hidden = true; }

  /** More neighbours than can be drawn: a list to choose from, filtered by name or date. */
  async pick(id, kind) {
    const dialog = this.part("dialog.pick");
    dialog.classList.remove("wide");
    const list = make("div", { class: "list" });
    const filter = make("input", { type: "search", "aria-label": say("pick.filter"), placeholder: say("pick.filter") });
    const known = { nodes: [], edges: [] };
    let after = 0;
    const more = async (afresh) => {
      if (afresh) { after = 0; list.replaceChildren(); }
      const near = await this.near(id, kind, after, filter.value);
      after += 100;
      known.nodes.push(...near.nodes);
      known.edges.push(...near.edges);
      for (const node of near.nodes.filter((each) => !this.folded.has(each.id) && (!this.state.nodes.has(each.id) || this.state.hidden.has(each.id)))) {
        list.append(make("label", {}, make("input", { type: "checkbox", value: node.id }), 
          [node.label === "Payment" ? node.name : "", node.caption, node.under].filter(Boolean).join(" · ")));
      }
    };
    let waiting = 0;
    filter.addEventListener("input", (event) => { if (!composing(event)) { clearTimeout(waiting); waiting = setTimeout(() => more(true).catch((p) => this.fail(p)), 250); } });
    filter.addEventListener("compositionend", () => more(true).catch((p) => this.fail(p)));
    const chosen = () => new Set([...list.querySelectorAll("input:checked")].map((box) => box.value));
    const button = (text, deed, primary) => make("button", { type: "button", class: primary ? "primary" : "", onclick: deed }, text);
    dialog.replaceChildren(make("h3", {}, say("too_many", { n: kind.count, what: kind.what })), filter, list,
      make("div", { class: "buttons" }, button(say("pick.more"), () => more(false).catch((p) => this.fail(p))),
        button(say("pick.all"), () => list.querySelectorAll("input").forEach((box) => { box.checked = true; })),
        button(say("cancel"), () => dialog.close()),
        button(say("pick.add"), () => { const only = chosen(); dialog.close(); if (only.size) this.bring(id, known, only).catch((problem) => this.fail(problem)); }, true)));
    await more(true);
    dialog.showModal();
  }

  legend() {
    const legend = this.part(".legend");
    if (!legend) return;
    const kinds = new Map();
    for (const id of this.state.nodes) {
      const node = this.pool.nodes.get(id);
      if (!this.state.hidden.has(id)) kinds.set(node.kind, { node, count: (kinds.get(node.kind)?.count || 0) + 1 });
    }
    legend.replaceChildren(...[...kinds].sort((a, b) => a[1].node.tier - b[1].node.tier).map(([kind, { node, count }]) => {
      const image = make("img", { src: icon(node), alt: "" });
      image.style.borderColor = FAMILIES[node.family][1];
      image.style.background = FAMILIES[node.family][0];
      return make("button", { type: "button", class: node.shape === "ellipse" ? "round" : "", "aria-pressed": String(!this.state.off.has(kind)), "data-kind": kind,
        onclick: () => this.change((state) => (state.off.has(kind) ? state.off.delete(kind) : state.off.add(kind))) }, image, ` ${node.what} ${count}`);
    }));
    if (this.picture.edges.some((edge) => edge.strong || edge.against)) legend.append(make("span", { class: "muted" }, say("strong")));
  }

  /** The same objects as a list, for those who do not see the picture. */
  list() {
    if (this.small) return;
    this.part(".listing")?.remove();
    const list = make("ul", { class: "sr listing", "aria-label": say("objects") });
    for (const node of this.picture.nodes) list.append(make("li", {}, `${node.what} ${node.caption} ${node.under || ""}`));
    this.section.append(list);
  }

  crowd() {
    const over = this.part(".over");
    if (!over) return;
    const all = this.visible().nodes.length;
    over.hidden = all <= CROWD;
    if (over.hidden) return;
    const { merged } = this.state;
    over.replaceChildren(make("span", {}, merged ? say("over.grouped", { n: all, shown: this.picture.nodes.length }) : say("over", { n: all })),
      make("button", { type: "button", onclick: () => this.change((state) => { state.merged = !merged; }, { layout: true }) }, say(merged ? "ungroup.all" : "group")));
  }

  table(on) {
    this.asTable = on;
    this.part(".canvas").hidden = on;
    const view = this.part(".grid-view");
    view.hidden = !on;
    const button = this.part('[data-do="table"]');
    button.setAttribute("aria-pressed", String(on));
    if (on && this.picture) this.tabulate();
    if (!on) this.cy.resize();
  }

  tabulate() {
    const head = make("tr", {}, ...["from", "relation", "to", "when"].map((key) => make("th", { scope: "col" }, say(key))));
    const names = new Map(this.picture.nodes.map((node) => [node.id, [node.caption, node.under].filter(Boolean).join(" · ")]));
    const body = make("tbody", {});
    const end = (id) => make("td", {}, make("button", { type: "button", class: "plain", onclick: () => this.card(this.cy.getElementById(id)) }, names.get(id)));
    for (const edge of [...this.picture.edges].sort((a, b) => Number(b.strong) - Number(a.strong))) {
      const relation = edge.strong ? make("strong", {}, edge.caption || edge.verb) : edge.caption || edge.verb;
      body.append(make("tr", {}, end(edge.source), make("td", {}, relation), end(edge.target), make("td", {}, edge.day || "")));
    }
    const linked = new Set(this.picture.edges.flatMap((edge) => [edge.source, edge.target]));
    for (const node of this.picture.nodes) if (!linked.has(node.id)) body.append(make("tr", {}, end(node.id), make("td"), make("td"), make("td")));
    this.part(".grid-view").replaceChildren(make("table", {}, make("thead", {}, head), body));
  }

  hint(edge) {
    const told = (edge.data("facts") || []).map(([name, text]) => `${name}：${text}`).join("  ");
    if (told) this.toast(told, true);
  }

  toast(text, stay = false) {
    const toast = this.part(".toast");
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(this.toasting);
    if (!stay) this.toasting = setTimeout(() => { toast.hidden = true; }, 3500);
  }

  hush() { this.part(".toast").hidden = true; }
  fail(problem) { this.toast(problem.message || say("failed")); }
}

// --- how things look ---

const icon = (node) => `/static/vendor/bootstrap-icons/${node.icon}.svg`;

function looks(node) {
  const side = SMALL.has(node.family) ? 30 : 44;
  const wide = ["rectangle", "round-rectangle", "folded"].includes(node.shape) && !SMALL.has(node.family) ? 52 : side;
  const name = [...lines(node.caption), ...(node.under ? lines(node.under, 150) : []), ...(node.meets ? [say("met", { n: node.meets })] : [])];
  const [fill, border] = FAMILIES[node.family];
  return { ...node, w: Math.max(...name.map(width)), below: name.length * LINE + 4, side, wide, shown: name.join("\n"), fill, border,
    icon: icon(node), form: node.shape === "folded" ? "polygon" : node.shape, said: [node.what, node.caption, node.under].filter(Boolean).join(" ") };
}

function classesOf(node, emphasis) {
  return [node.strong ? "strong" : emphasis ? "pale" : "", node.dead ? "dead" : "", node.cancelled ? "cancelled" : "", node.many ? "many" : "",
    node.kind === "Official" ? "official" : ""].filter(Boolean).join(" ");
}

function edgeLooks(edge) {
  const text = edge.caption || "";
  const thick = edge.amount ? Math.max(1.5, Math.min(7, 1.2 * Math.log10(Math.max(edge.amount, 10)) - 1.6)) : 1.3;
  return { ...edge, shown: text.length > 26 ? `${text.slice(0, 25)}…` : text, thick };
}

function edgeClasses(edge, emphasis) {
  return [edge.kind, edge.strong ? "strong" : emphasis ? "pale" : "", edge.against ? "against" : ""].filter(Boolean).join(" ");
}

/** The points of an edge that the layout led around what lies between its ends. */
function turns(edge) {
  const [a, b] = [edge.source().position(), edge.target().position()];
  const far = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const [ux, uy] = [(b.x - a.x) / far, (b.y - a.y) / far];
  const weights = edge.scratch("controlPointWeights") || [];
  const distances = edge.scratch("controlPointDistances") || [];
  return weights.map((weight, at) => ({ x: a.x + ux * far * weight - uy * distances[at], y: a.y + uy * far * weight + ux * distances[at] }));
}

/** Leads an edge along a way; the place kept for its label becomes the middle of its points, where the label is drawn. */
function bend(edge, way, middle) {
  const [a, b] = [edge.source().position(), edge.target().position()];
  const before = way.slice(0, way.indexOf(middle));
  const after = way.slice(way.indexOf(middle) + 1);
  const between = (p, q) => ({ x: p.x * 0.12 + q.x * 0.88, y: p.y * 0.12 + q.y * 0.88 });
  while (before.length < after.length) before.push(between(before[before.length - 1] || a, middle));
  while (after.length < before.length) after.unshift(between(after[0] || b, middle));
  const far = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const [ux, uy] = [(b.x - a.x) / far, (b.y - a.y) / far];
  const points = [...before, middle, ...after];
  edge.data({
    weights: points.map(({ x, y }) => ((x - a.x) * ux + (y - a.y) * uy) / far),
    distances: points.map(({ x, y }) => -(x - a.x) * uy + (y - a.y) * ux),
  });
  edge.addClass("bent");
}

function boxOf(node) {
  const { x, y } = node.position();
  const { wide, side, w, below } = node.data();
  const half = Math.max(wide, w) / 2 + 8;
  return { x1: x - half, x2: x + half, y1: y - side / 2 - 6, y2: y + side / 2 + below + 6 };
}

const overlap = (a, b) => a.x1 < b.x2 && b.x1 < a.x2 && a.y1 < b.y2 && b.y1 < a.y2;

function styles() {
  return [
    { selector: "node", style: {
      shape: "data(form)", width: "data(wide)", height: "data(side)", "shape-polygon-points": FOLDED,
      "background-color": "data(fill)", "border-color": "data(border)", "border-width": 1.6,
      "background-image": "data(icon)", "background-width": "50%", "background-height": "50%", "background-fit": "none", "background-image-opacity": 0.85,
      label: "data(shown)", "font-family": FONT, "font-size": 13, color: "#101828", "text-wrap": "wrap", "text-valign": "bottom", "text-margin-y": 4,
      "line-height": 1.3, "text-background-color": "#fff", "text-background-opacity": 1, "text-background-padding": 1 } },
    { selector: "node.tall", style: { "text-valign": "center", "text-halign": "right", "text-margin-y": 0, "text-margin-x": 6, "text-justification": "left" } },
    { selector: "node.official", style: { "border-width": 4, "background-color": "#fff" } },
    { selector: "node[meets]", style: { "border-color": "#b42318" } },
    { selector: "node.strong", style: { "border-width": 3.2, "font-weight": 600 } },
    { selector: "node.official.strong", style: { "border-width": 5 } },
    { selector: "node.pale", style: { "background-opacity": 0.55, "border-opacity": 0.7, color: "#475467" } },
    { selector: "node.dead", style: { "background-color": "#d0d5dd", "border-color": "#667085", color: "#475467" } },
    { selector: "node.cancelled", style: { "background-image": ["/static/hatch.svg", "data(icon)"], "background-width": ["8px", "50%"], "background-height": ["8px", "50%"],
      "background-repeat": ["repeat", "no-repeat"], "background-fit": ["none", "none"], "border-style": "dashed" } },
    { selector: "node.many", style: { "border-style": "double", "border-width": 5 } },
    { selector: "node.pinned", style: { "underlay-color": "#98a2b3", "underlay-opacity": 0.25, "underlay-padding": 4 } },
    { selector: "node:selected", style: { "overlay-color": "#175cd3", "overlay-opacity": 0.16, "overlay-padding": 6 } },
    { selector: "edge", style: {
      width: "data(thick)", "line-color": "#667085", "curve-style": "bezier", "control-point-step-size": 46, "target-arrow-color": "#667085", "target-arrow-shape": "triangle",
      "arrow-scale": 0.8, label: "data(shown)", "font-family": FONT, "font-size": 12, color: "#344054", "text-background-color": "#fff",
      "text-background-opacity": 0.94, "text-background-padding": 2, "text-background-shape": "roundrectangle" } },
    { selector: "edge.bent", style: { "curve-style": "round-segments", "segment-weights": "data(weights)", "segment-distances": "data(distances)", "segment-radii": 40, "edge-distances": "node-position" } },
    { selector: "edge.kin", style: { "line-style": "dashed", "line-color": "#7a5195", "target-arrow-color": "#7a5195", color: "#53307a" } },
    { selector: "edge.declared", style: { width: 2.4, "line-color": "#fff", "line-outline-width": 1.2, "line-outline-color": "#667085", "target-arrow-shape": "none" } },
    { selector: "edge.money", style: { "line-color": "#b98a2b", "target-arrow-color": "#b98a2b", color: "#7a4f01" } },
    { selector: "edge.swap", style: { width: 3, "line-color": "#d55e00", "target-arrow-color": "#d55e00", "source-arrow-color": "#d55e00", "source-arrow-shape": "tee", color: "#93370d" } },
    { selector: "edge.against", style: { "line-color": "#98a2b3", "target-arrow-color": "#98a2b3", color: "#475467" } },
    { selector: "edge.declared.against", style: { "line-color": "#fff" } },
    { selector: "edge.pale", style: { "line-opacity": 0.55, color: "#475467" } },
    { selector: "edge.strong", style: { width: (edge) => Math.max(3.4, edge.data("thick")), "line-color": "#1d2939", "target-arrow-color": "#1d2939", color: "#101828", "font-weight": 600 } },
    { selector: "edge.strong.kin", style: { "line-color": "#53307a", "target-arrow-color": "#53307a" } },
    { selector: "edge.strong.money", style: { "line-color": "#8a6116", "target-arrow-color": "#8a6116" } },
    { selector: "edge:selected", style: { "overlay-color": "#175cd3", "overlay-opacity": 0.14 } },
  ];
}

let drawn = [];

function start(root) {
  drawn.filter((each) => !document.contains(each.section)).forEach((each) => each.cy.destroy());
  drawn = drawn.filter((each) => document.contains(each.section));
  for (const section of root.querySelectorAll(".network")) if (!section.network) drawn.push(new Network(section));
}

start(document);
document.addEventListener("htmx:afterSettle", (event) => start(event.target));
document.addEventListener("network:added", (event) => start(event.detail));
