// The one module of our own. Everything works without it; it makes three things quicker: a region that changed is
// renewed without losing what somebody is writing in it, alerts are judged from the keyboard, and clocks count down.
"use strict";
(() => {
  // Live regions. An event of the stream says that something changed; htmx then asks for the page again, with the
  // viewer's own rights. Before it does, the regions that somebody works in are taken off the list.
  const busy = (region) =>
    region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")
      ? true
      : [...region.querySelectorAll("textarea, input:not([type=hidden])")].some((field) =>
          field.type === "checkbox" || field.type === "radio"
            ? field.checked !== field.defaultChecked
            : field.value !== field.defaultValue);
  document.addEventListener("moved", () => {
    const renew = document.getElementById("renew");
    if (!renew) return;
    const free = [];
    let kept = false;
    for (const region of document.querySelectorAll("[data-live]")) {
      if (busy(region)) kept = true;
      else free.push(`#${region.id}:outerMorph`);
    }
    document.getElementById("kept")?.toggleAttribute("hidden", !kept);
    if (free.length) renew.setAttribute("hx-select-oob", free.join(","));
  }, true);
  const opened = new Set();
  document.addEventListener("toggle", (event) => {
    const details = event.target;
    if (details.matches?.("details[id]")) opened[details.open ? "add" : "delete"](details.id);
  }, true);
  document.addEventListener("htmx:after:swap", () => {
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  });
  document.addEventListener("htmx:sse:error", () => document.getElementById("feed")?.classList.add("away"));
  document.addEventListener("htmx:sse:after:connection", () => document.getElementById("feed")?.classList.remove("away"));

  // Alerts: j and k move, t, f and u judge (the reason is asked for in the same form), r opens what was received.
  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const rows = [...document.querySelectorAll("[data-alert]")];
    const here = rows.findIndex((row) => row.contains(document.activeElement));
    const go = (row) => row?.querySelector("a")?.focus();
    const verdict = { t: "true_positive", f: "false_positive", u: "undetermined" }[event.key];
    if (event.key === "j") go(rows[Math.min(here + 1, rows.length - 1)]);
    else if (event.key === "k") go(rows[Math.max(here - 1, 0)]);
    else if (event.key === "/") document.querySelector("input[type=search]")?.focus();
    else if (event.key === "r") (rows[here] ?? document).querySelector("[data-raw]")?.click();
    else if (verdict) {
      const place = rows[here] ?? document;
      const field = place.querySelector(`input[name=verdict][value=${verdict}]`);
      if (!field) return;
      field.closest("details")?.setAttribute("open", "");
      field.checked = true;
      field.form.querySelector("textarea, input[type=text]")?.focus();
    } else return;
    event.preventDefault();
  });
  // Control and Enter send the form that one writes in.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form?.requestSubmit();
  });

  // Clocks.
  const span = (seconds) => {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    if (days > 1) return `${days} days`;
    if (hours > 0) return `${hours} h ${minutes % 60} min`;
    return minutes > 0 ? `${minutes} min` : "under a minute";
  };
  const tick = () => {
    for (const clock of document.querySelectorAll("[data-due]")) {
      const left = (Date.parse(clock.dataset.due) - Date.now()) / 1000;
      if (Number.isFinite(left)) clock.textContent = left >= 0 ? `in ${span(left)}` : `${span(-left)} late`;
    }
  };
  if (!document.documentElement.hasAttribute("data-still")) setInterval(tick, 15000);
})();
