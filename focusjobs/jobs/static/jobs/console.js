// Keeps the page of an unfinished job fresh: fetches its changing part until the job has ended.
"use strict";
(() => {
  const EVERY = 2000; // milliseconds
  const region = document.getElementById("jc-live");
  const spoken = document.getElementById("jc-spoken");
  if (!region) return;

  const current = () => region.querySelector("[data-state]");
  const isBusy = () => document.hidden || Boolean(region.querySelector("form :focus, details#jc-cancel[open]"));

  function replace(html) {
    const before = current().dataset.state;
    const wasOpen = new Map([...region.querySelectorAll("details[id]")].map((part) => [part.id, part.open]));
    const focused = region.contains(document.activeElement) ? document.activeElement.closest("[id]")?.id : null;
    region.innerHTML = html; // the same server's own template, escaped there
    for (const [id, open] of wasOpen) {
      const part = document.getElementById(id);
      if (part) part.open = open;
    }
    if (focused) document.querySelector(`#${CSS.escape(focused)} summary, #${CSS.escape(focused)}`)?.focus();
    if (current().dataset.state !== before) {
      spoken.textContent = region.querySelector("[data-headline]").textContent;
    }
  }

  async function refresh() {
    const address = current()?.dataset.live;
    if (!address) return; // it has ended
    if (!isBusy()) {
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
    setTimeout(refresh, EVERY);
  }

  setTimeout(refresh, EVERY);
})();
