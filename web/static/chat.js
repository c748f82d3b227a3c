// What Streamlit leaves undone for people who use a screen reader, a keyboard or a bad line. No content is made here.
(() => {
  "use strict";
  const GAP = 900; // ms between two announcements, so that the second does not cut off the first
  const KEPT = 2500; // ms that a spoken text stays in the page, so that it is not met again while reading on
  const status = () => document.getElementById("faq-status");
  const alertBox = () => document.getElementById("faq-alert");
  const announced = new Set();
  const queue = [];
  let speaking = false;
  let emptying = 0;

  function speak() {
    const next = queue.shift();
    speaking = Boolean(next);
    if (!next) return;
    const box = ["emergency", "crisis", "urgent"].includes(next.status) ? alertBox() : status();
    box.textContent = next.text;
    clearTimeout(emptying);
    emptying = setTimeout(() => { status().textContent = alertBox().textContent = ""; }, KEPT);
    setTimeout(speak, GAP);
  }

  function look() {
    for (const mark of document.querySelectorAll(".faq-announce")) {
      if (announced.has(mark.dataset.id)) continue;
      announced.add(mark.dataset.id);
      queue.push({ text: mark.dataset.text, status: mark.dataset.status });
      arrive(mark.closest('[class*="st-key-turn-"]'));
    }
    if (queue.length && !speaking) speak();
  }

  // The new question comes to the top of the view. Focus is moved only when the button that had it is gone.
  function arrive(turn) {
    if (!turn) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    requestAnimationFrame(() => turn.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" }));
    setTimeout(() => {
      if (pressed && !document.contains(pressed) && document.activeElement === document.body) {
        turn.querySelector(".faq-reply, .faq-card a")?.focus({ preventScroll: true });
      }
      pressed = null;
    }, 150);
  }

  let pressed = null;
  addEventListener("click", (event) => {
    pressed = event.target.closest?.("button") ?? null;
    const action = event.target.closest?.("[data-action]");
    if (action) actions[action.dataset.action]?.(action);
  }, true);

  const actions = {
    print: () => print(),
    "print-large": () => { document.documentElement.dataset.print = "large"; print(); },
    "print-one": (button) => {
      document.documentElement.dataset.printOne = "";
      button.closest('[class*="st-key-turn-"]').dataset.printed = "";
      print();
    },
    copy: async (button) => {
      const { text, done, failed } = button.dataset;
      show(button.closest(".faq-care").querySelector(".faq-done"), (await copied(text, button)) ? done : failed);
    },
  };

  // The first way is not there without TLS nor in some frames; the second is old and works in both.
  async function copied(text, button) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text, readOnly: true, className: "faq-hidden" });
      button.after(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      button.focus();
      return done;
    }
  }

  // Words of ours, seen in their place and heard once.
  function show(place, text) {
    place.textContent = text;
    place.hidden = false;
    queue.push({ text, status: "" });
    if (!speaking) speak();
  }

  // "Was this helpful?": sent without leaving the page; a "no" brings the question why.
  addEventListener("submit", async (event) => {
    const form = event.target.closest?.(".faq-vote");
    if (!form || !event.submitter) return;
    event.preventDefault();
    const chosen = event.submitter;
    const fields = new URLSearchParams({ reply: form.elements.reply.value, [chosen.name]: chosen.value });
    const sent = await fetch(form.action, { method: "POST", body: fields, headers: { accept: "application/json" } }).catch(() => null);
    const thanks = form.querySelector(".faq-thanks");
    if (!sent?.ok) return show(thanks, form.dataset.failed);
    for (const button of form.querySelectorAll(chosen.name === "why" ? '[name="why"]' : "button")) {
      button.setAttribute("aria-pressed", String(button === chosen));
    }
    const asksWhy = chosen.value === "no";
    if (chosen.name === "helpful") form.querySelector(".faq-if-no").hidden = !asksWhy;
    thanks.hidden = asksWhy;
    if (!asksWhy) return show(thanks, form.dataset.thanks);
    queue.push({ text: form.dataset.why, status: "" });
    if (!speaking) speak();
  }, true);

  // What a word means opens by itself (popover); the keyboard goes along, and back when it closes.
  addEventListener("toggle", (event) => {
    if (event.newState === "open" && event.target.matches?.(".faq-meaning")) event.target.focus();
  }, true);

  // Streamlit runs again on "r" and opens a menu on "c"; a single letter must do nothing outside a field (WCAG 2.1.4).
  for (const type of ["keydown", "keyup", "keypress"]) {
    addEventListener(type, (event) => {
      const field = event.target.closest?.("input, textarea, select, [contenteditable]");
      if (event.key?.length === 1 && event.key !== " " && !field && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.stopImmediatePropagation();
      }
    }, true);
  }

  addEventListener("beforeprint", () => {
    for (const closed of document.querySelectorAll("details:not([open])")) {
      closed.open = true;
      closed.dataset.printed = "";
    }
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.print;
    delete document.documentElement.dataset.printOne;
    for (const turn of document.querySelectorAll('[class*="st-key-turn-"][data-printed]')) delete turn.dataset.printed;
    for (const opened of document.querySelectorAll("details[data-printed]")) {
      opened.open = false;
      delete opened.dataset.printed;
    }
  });

  // In the widget's panel, Esc closes the panel, unless it first closes something in here. No words leave the frame.
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || parent === window) return;
    const open = CSS.supports("selector(:popover-open)") ? ", :popover-open" : "";
    const something = document.querySelector(`[data-testid="stPopoverBody"], [role="dialog"]:not([popover]), [role="listbox"]${open}`);
    if (!something) parent.postMessage("patient-faq:close", "*");
  }, true);

  function connection() {
    const app = document.querySelector('[data-testid="stApp"]');
    const state = app?.dataset.testConnectionState;
    if (!state) return;
    const lost = ["PINGING_SERVER", "DISCONNECTED_FOREVER"].includes(state) && document.querySelector(".faq-head");
    document.getElementById("faq-lost").hidden = !lost;
  }

  addEventListener("DOMContentLoaded", () => {
    new MutationObserver(() => { look(); connection(); }).observe(document.getElementById("root"), {
      childList: true, subtree: true, attributes: true, attributeFilter: ["data-test-connection-state"],
    });
  });
})();
