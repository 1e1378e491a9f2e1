// The console without which everything works too: keeps pages fresh, keys, copying, picking, offers while typing.
"use strict";
(() => {
  const find = (chosen, within = document) => within.querySelector(chosen);
  const all = (chosen, within = document) => [...within.querySelectorAll(chosen)];
  const live = find("#jc-live");
  const isTyping = (part) => Boolean(part?.closest("input:not([type=checkbox]), textarea, select"));
  const picks = () => (live ? all('input[name="ids"]', live) : []);

  // --- Fresh: fetches the part that changes, unless somebody is at it.

  let held = false;
  let moved = 0; // when the pointer last moved over it, so that nothing changes under it
  const isBusy = () =>
    held || document.hidden || Date.now() - moved < 1500 || picks().some((pick) => pick.checked) ||
    Boolean(find(".jc-acts details[open], .jc-menu[open], dialog[open]", live)) ||
    (live.contains(document.activeElement) && isTyping(document.activeElement)) ||
    (!getSelection().isCollapsed && live.contains(getSelection().anchorNode));

  function replace(html) {
    const open = new Map(all("details[id]", live).map((part) => [part.id, part.open]));
    const scrolled = new Map(all("[id].jc-pre, [id].jc-log", live).map((part) => [part.id, part.scrollTop]));
    const focused = live.contains(document.activeElement) ? document.activeElement : null;
    const same = focused && (focused.id ? `#${CSS.escape(focused.id)}` : focused.matches("[data-row]") && `a[href="${CSS.escape(focused.getAttribute("href"))}"]`);
    const said = find(".jc-part", live).dataset.spoken;
    live.innerHTML = html; // the same server's own template, escaped there
    for (const [id, was] of open) if (find(`#${CSS.escape(id)}`)) find(`#${CSS.escape(id)}`).open = was;
    for (const [id, top] of scrolled) if (find(`#${CSS.escape(id)}`)) find(`#${CSS.escape(id)}`).scrollTop = top;
    if (same) find(same, live)?.focus();
    const part = find(".jc-part", live);
    live.dataset.every = part.dataset.every;
    find("#jc-as-of").textContent = part.dataset.asOf;
    if (part.dataset.spoken && part.dataset.spoken !== said) find("#jc-spoken").textContent = part.dataset.spoken;
    prepare();
  }

  async function refresh() {
    if (!isBusy()) {
      const address = new URL(location.href);
      address.searchParams.set("live", "1");
      try {
        const answer = await fetch(address, { redirect: "error", credentials: "same-origin" });
        if (answer.status === 403 || answer.status === 404) return;
        if (answer.ok) {
          const html = await answer.text();
          if (!isBusy()) replace(html);
        }
      } catch {
        // The server is away or the session is over: what is shown stays, with its “as of”; the next round tries again.
      }
    }
    later();
  }
  let share = 0.25; // of the pause: the first looks follow sooner, since what was just done is mostly over in no time
  function later() {
    if (!Number(live.dataset.every)) return;
    setTimeout(refresh, 1000 * live.dataset.every * share);
    share = Math.min(1, 2 * share);
  }

  if (live) {
    live.addEventListener("pointermove", () => { moved = Date.now(); });
    later();
    const hold = find("#jc-hold");
    if (hold) {
      hold.hidden = false;
      hold.addEventListener("click", () => {
        held = !held;
        hold.setAttribute("aria-pressed", held);
        hold.textContent = held ? "Updating is stopped" : "Stop updating";
      });
    }
  }

  // --- Picking: all rows of the page, and how many there are.

  function prepare() {
    const box = find("#jc-all");
    if (box) box.hidden = false;
    all("[data-copy]").forEach((button) => { button.hidden = false; });
    count();
  }
  function count() {
    const chosen = picks().filter((pick) => pick.checked).length;
    const words = find("#jc-picked");
    if (words) words.textContent = chosen ? `${chosen} of ${picks().length} picked; updates wait` : "";
    const box = find("#jc-all");
    if (box) { box.checked = chosen > 0 && chosen === picks().length; box.indeterminate = chosen > 0 && !box.checked; }
  }
  let last = null;
  document.addEventListener("click", (event) => {
    const pick = event.target.closest('#jc-live input[name="ids"]');
    if (!pick) return;
    const row = picks();
    if (event.shiftKey && row.includes(last)) {
      const [from, to] = [row.indexOf(last), row.indexOf(pick)].sort((a, b) => a - b);
      row.slice(from, to + 1).forEach((one) => { one.checked = pick.checked; });
    }
    last = pick;
    count();
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "jc-all") return;
    picks().forEach((pick) => { pick.checked = event.target.checked; });
    count();
  });

  // --- Copying: `data-copy` names what is to be copied.

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = find(button.dataset.copy).textContent;
    try { await navigator.clipboard.writeText(text); } catch { copyByHand(text); } // plain HTTP has no clipboard
    find("#jc-spoken").textContent = "Copied.";
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = before; }, 1500);
  });
  function copyByHand(text) {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }

  // --- Offers while a filter is typed: words, then the values of a word.

  document.addEventListener("input", (event) => {
    if (event.target.id !== "jc-q") return;
    const values = JSON.parse(event.target.dataset.values);
    const [, head, piece] = event.target.value.match(/^(.*?)(\S*)$/s);
    const [word, value] = piece.includes(":") ? piece.split(/:(.*)/s) : [piece, null];
    const offers = value === null ? Object.keys(values).map((known) => `${known}:`) : (values[word] || []).map((known) => `${word}:${known}`);
    find("#jc-offers").replaceChildren(...offers.filter((offer) => offer.startsWith(piece) && offer !== piece).map((offer) => new Option("", head + offer)));
  });

  // --- Keys.

  const keys = find("#jc-keys");
  const rows = () => (live ? all("[data-row]", live) : []);
  function step(by) {
    const row = rows();
    const at = row.indexOf(document.activeElement.closest("tr, li")?.querySelector("[data-row]"));
    row[Math.min(row.length - 1, Math.max(0, at + by))]?.focus();
  }
  const DO = {
    "/": () => find("#jc-q")?.focus(),
    j: () => step(1),
    k: () => step(-1),
    x: () => { document.activeElement.closest("tr")?.querySelector('input[name="ids"]')?.click(); },
    r: () => find('[data-key="r"]')?.click(),
    "?": () => keys.showModal(),
  };
  if (keys) {
    const off = find("#jc-keys-off");
    off.checked = localStorage.getItem("jc-keys") === "off";
    off.addEventListener("change", () => localStorage.setItem("jc-keys", off.checked ? "off" : "on"));
    find("#jc-keys-open").hidden = false;
    find("#jc-keys-open").addEventListener("click", DO["?"]);
    document.addEventListener("keydown", (event) => {
      if (off.checked || keys.open || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (!(event.key in DO)) return;
      event.preventDefault();
      DO[event.key]();
    });
  }
  prepare();
})();
