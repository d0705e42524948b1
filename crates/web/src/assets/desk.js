// The one module of our own. Everything works without it but passkeys, which are the browser's own; it makes five things
// quicker: a region that changed is renewed without losing what somebody is writing in it, what one writes is kept as a
// draft while one writes it, alerts are judged from the keyboard, numbers and days are moved with a slider, clocks count down.
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
      // What lies within a region that is renewed comes with it.
      if (free.some((outer) => outer.contains(region))) continue;
      if (!busy(region)) free.push(region);
      // A form whose draft is kept is no reason to worry about what changes around it.
      else if (!region.querySelector("[data-draft]")) kept = true;
    }
    document.getElementById("kept")?.toggleAttribute("hidden", !kept);
    // A page whose regions say what they are is given those alone that are others by now.
    const has = free.every((region) => region.dataset.live) ? free.map((region) => `${region.id}:${region.dataset.live}`).join(" ") : "";
    if (has) renew.setAttribute("hx-headers", JSON.stringify({ "tourniquet-has": has }));
    else renew.removeAttribute("hx-headers");
    if (free.length) renew.setAttribute("hx-select-oob", free.map((region) => `#${region.id}:outerMorph`).join(","));
  }, true);
  // A question in a form is answered while one types: the same address that its button would lead to, asked for beside.
  let asking;
  document.addEventListener("input", (event) => {
    const form = event.target.form, ask = document.getElementById("ask");
    if (!ask || !form?.matches("[data-ask]")) return;
    clearTimeout(asking);
    const answer = document.getElementById(form.dataset.ask);
    asking = setTimeout(() => {
      answer?.setAttribute("aria-busy", "true");
      ask.setAttribute("hx-get", `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`);
      ask.dispatchEvent(new CustomEvent("ask"));
    }, 250);
  });
  document.addEventListener("htmx:finally:request", () => {
    for (const busy of document.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
  });
  // A slider moves the field of its name: a number, or a day so many days from the one that it is given.
  for (const slide of document.querySelectorAll("[data-slides]")) {
    const field = slide.form.elements[slide.dataset.slides], middle = Date.parse(slide.dataset.day), day = 864e5;
    const follow = () => {
      if (field.value) slide.value = middle ? Math.round((Date.parse(field.value) - middle) / day) : field.value;
    };
    follow();
    slide.hidden = false;
    field.addEventListener("input", follow);
    slide.addEventListener("input", () => {
      field.value = middle ? new Date(middle + slide.value * day).toISOString().slice(0, 10) : slide.value;
    });
  }
  // On a narrow screen a strip of pages begins at the one that is shown.
  for (const tab of document.querySelectorAll("nav [aria-current]")) {
    const strip = tab.closest("nav");
    strip.scrollLeft = tab.offsetLeft - strip.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
  }
  const opened = new Set();
  document.addEventListener("toggle", (event) => {
    const details = event.target;
    if (details.matches?.("details[id]")) opened[details.open ? "add" : "delete"](details.id);
  }, true);
  document.addEventListener("htmx:after:swap", () => {
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    for (const form of document.querySelectorAll("form[data-note]")) {
      const stands = Number(document.getElementById(form.dataset.note)?.dataset.version);
      form.querySelector("[data-news]")?.toggleAttribute("hidden", !(stands > Number(form.elements.base?.value)));
    }
  });
  // While a hunt runs here, nothing is recorded; the page looks how far it is.
  setInterval(() => {
    if (document.querySelector("[data-running]")) document.getElementById("feed")?.dispatchEvent(new CustomEvent("moved"));
  }, 2000);
  // Without a way to the server the page says so, until there is one again.
  const away = (gone) => document.getElementById("away")?.toggleAttribute("hidden", !gone);
  for (const lost of ["htmx:sse:error", "htmx:error"]) document.addEventListener(lost, () => away(true));
  for (const back of ["htmx:sse:after:connection", "htmx:after:swap"]) document.addEventListener(back, () => away(false));
  addEventListener("offline", () => away(true));
  addEventListener("online", () => away(false));

  // Drafts: what stands in a form goes to its writer's draft after a pause, and when the page is left or put away. One
  // writing at a time, so that each goes on from the one before.
  const drafts = new Map();
  const keep = async (form, leaving) => {
    const draft = drafts.get(form);
    if (!draft || draft.sent || (draft.going && !leaving)) return;
    clearTimeout(draft.timer);
    const text = form.elements.text.value;
    if (text === draft.text) return;
    draft.going = true;
    const state = form.querySelector("[data-draft-state]");
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.draft, { method: "POST", body, keepalive: leaving && body.toString().length < 60000, headers: { accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
      form.elements.seen.value = (await answer.json()).revision ?? "";
      draft.text = text;
      state.textContent = `Draft kept at ${new Date().toLocaleTimeString()}.`;
    } catch {
      state.textContent = "The draft is not kept yet: there is no way to the server. Leave this page open.";
      draft.timer = setTimeout(keep, 4000, form);
    }
    draft.going = false;
    if (form.elements.text.value !== draft.text) { clearTimeout(draft.timer); draft.timer = setTimeout(keep, 700, form); }
  };
  document.addEventListener("input", ({ target }) => {
    const form = target.form;
    if (!form?.dataset.draft || target.name !== "text") return;
    if (!drafts.has(form)) drafts.set(form, {});
    const draft = drafts.get(form);
    clearTimeout(draft.timer);
    draft.timer = setTimeout(keep, 700, form);
  });
  document.addEventListener("submit", ({ target }) => {
    const draft = drafts.get(target);
    if (draft) { draft.sent = true; clearTimeout(draft.timer); }
  });
  const leave = () => { for (const form of drafts.keys()) keep(form, true); };
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") leave(); });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", () => { for (const draft of drafts.values()) draft.sent = false; });
  for (const button of document.querySelectorAll("[data-draft-keep]")) button.hidden = true;

  // Files: how far they are. Without scripts the browser says it, and the page of the evidence when one looks again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-upload]") || event.defaultPrevented) return;
    event.preventDefault();
    const place = form.querySelector("[data-progress]"), button = form.querySelector("button");
    const bar = place.querySelector("progress"), told = place.querySelector("span");
    const done = (text) => { told.textContent = text; button.disabled = false; };
    const sending = new XMLHttpRequest();
    sending.open("POST", form.action);
    sending.setRequestHeader("accept", "application/problem+json");
    sending.upload.onprogress = ({ loaded, total }) => {
      bar.value = (loaded / total) * 1000;
      told.textContent = loaded < total ? `${Math.floor((loaded / total) * 100)} % sent` : "Sent; it is being hashed and sealed.";
    };
    sending.onerror = () => done("It broke off, and nothing of it was kept. Send it again.");
    sending.onload = () => {
      if (sending.status < 400) return location.assign(sending.responseURL);
      let why = "";
      try { why = JSON.parse(sending.responseText).detail; } catch { /* An answer of something between here and the server. */ }
      done(`It was not taken. ${why}`);
    };
    place.hidden = false;
    button.disabled = true;
    told.textContent = "Sending.";
    sending.send(new FormData(form));
  });

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
    else if (event.key === "z") document.querySelector("[data-undo]")?.click();
    else if (verdict) {
      const place = rows[here] ?? document;
      const field = place.querySelector(`input[name=verdict][value=${verdict}]`);
      if (!field) return;
      field.closest("details")?.setAttribute("open", "");
      field.checked = true;
      // The reason that fits stands there, chosen, to be sent or typed over.
      const reason = field.form.querySelector("input[type=text]"), ready = field.form.dataset;
      if (!reason.value || Object.values(ready).includes(reason.value)) reason.value = { t: ready.true, f: ready.false, u: ready.unclear }[event.key] ?? "";
      reason.focus();
      reason.select();
    } else return;
    event.preventDefault();
  });
  // After a verdict the queue goes on where it was.
  const QUEUE = "tourniquet-queue";
  document.addEventListener("submit", ({ target }) => {
    const row = target.closest(".queue [data-alert]");
    if (row) sessionStorage.setItem(QUEUE, String([...row.parentElement.children].indexOf(row)));
  });
  const place = sessionStorage.getItem(QUEUE);
  if (place !== null && document.querySelector(".queue")) {
    sessionStorage.removeItem(QUEUE);
    const rows = document.querySelectorAll("[data-alert]");
    rows[Math.min(Number(place), rows.length - 1)]?.querySelector("a")?.focus();
  }
  // Control and Enter send the form that one writes in.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.form?.requestSubmit();
  });

  // Passkeys: the browser's own dialogue, between the challenge that is fetched and the form that is then sent. Where it
  // cannot be had, the form stays hidden and the other ways stand on the page.
  const sayings = {
    NotAllowedError: "Nothing answered, or the answer was no. Try again, or sign in another way.",
    InvalidStateError: "This device has a passkey for you already.",
    SecurityError: "This address is not the one that passkeys are made for here.",
  };
  const prove = async (form) => {
    const sent = { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "application/json" } };
    const reply = await fetch(form.dataset.ask, sent);
    const asked = await reply.json();
    if (!reply.ok) throw new Error(asked.detail);
    const publicKey = form.dataset.passkey === "create"
      ? PublicKeyCredential.parseCreationOptionsFromJSON(asked.options)
      : PublicKeyCredential.parseRequestOptionsFromJSON(asked.options);
    const made = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.elements.ticket.value = asked.ticket;
    form.elements.answer.value = JSON.stringify(made);
    if (form.elements.present) form.elements.present.value = "";
    form.submit();
  };
  if (globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    for (const note of document.querySelectorAll("[data-without-passkeys]")) note.hidden = true;
    for (const form of document.querySelectorAll("form[data-passkey]")) {
      form.hidden = false;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const trouble = form.querySelector("[data-trouble]");
        trouble.textContent = "";
        prove(form).catch((error) => { trouble.textContent = sayings[error.name] ?? error.message; });
      });
    }
  }

  // Clocks.
  const span = (seconds) => {
    const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    if (days > 1) return `${days} days`;
    if (hours > 0) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
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
