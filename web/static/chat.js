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
    if (event.target.closest?.('[data-action="print"]')) print();
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
    for (const opened of document.querySelectorAll("details[data-printed]")) {
      opened.open = false;
      delete opened.dataset.printed;
    }
  });

  // In the widget's panel, Esc closes the panel, unless it first closes something in here. No words leave the frame.
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || parent === window) return;
    const something = document.querySelector('[data-testid="stPopoverBody"], [role="dialog"], [role="listbox"]');
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
