// One line on the clinic's site becomes a labelled button that opens the chat in a panel. See docs/embed.md.
//   <script src="https://CHAT/widget.js" data-procedure="si-joint-fusion" defer></script>
// Nothing is loaded until the first opening. No cookies, no storage; the page around it is not touched.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script || window.patientFaq) return;
  const { origin } = new URL(script.src);
  const { procedure = "", label, lang = document.documentElement.lang, position = "right" } = script.dataset;
  const words = lang.toLowerCase().startsWith("es")
    ? { open: "Preguntas sobre su procedimiento", close: "Cerrar", title: "Preguntas sobre su procedimiento" }
    : { open: "Ask about your procedure", close: "Close", title: "Questions about your procedure" };
  const NARROW = matchMedia("(max-width: 479.98px)");
  const side = position === "left" ? "left" : "right";

  const css = `
    :host { all: initial; }
    * { box-sizing: border-box; }
    button { font: 600 17px/1.2 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, sans-serif; cursor: pointer; }
    .open { position: fixed; ${side}: max(16px, env(safe-area-inset-${side})); bottom: max(16px, env(safe-area-inset-bottom)); z-index: 2147483000;
      min-height: 52px; min-width: 52px; max-width: calc(100vw - 32px); padding: 12px 22px; border: 2px solid #fff; border-radius: 26px;
      background: #0f5c63; color: #fff; box-shadow: 0 4px 16px rgb(0 0 0 / 25%); }
    .open:hover { background: #0a474d; }
    .open[hidden] { display: none; }
    button:focus-visible { outline: 3px solid #0f5c63; outline-offset: 3px; box-shadow: 0 0 0 3px #fff; }
    dialog { position: fixed; inset: auto; ${side}: 16px; bottom: 16px; z-index: 2147483000; margin: 0; padding: 0; border: 1px solid #7d8f96;
      width: min(400px, calc(100vw - 32px)); height: min(640px, calc(100vh - 32px)); max-width: none; max-height: none; border-radius: 14px;
      overflow: hidden; background: #f6f9f9; color: #0b1420; box-shadow: 0 8px 32px rgb(0 0 0 / 30%); }
    dialog[open] { display: flex; flex-direction: column; }
    dialog::backdrop { background: transparent; }
    .bar { display: flex; flex: none; align-items: center; justify-content: space-between; gap: 8px; padding: 2px 4px 2px 14px;
      background: #0f5c63; color: #fff; font: 600 15px/1.3 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, sans-serif; }
    .bar h2 { margin: 0; font: inherit; }
    .close { min-width: 48px; min-height: 44px; border: 0; border-radius: 8px; background: transparent; color: inherit; padding: 0 12px; }
    .close:hover { text-decoration: underline; }
    .close:focus-visible { outline: 3px solid #fff; outline-offset: -4px; box-shadow: none; }
    iframe { flex: 1; width: 100%; border: 0; background: inherit; }
    @media (max-width: 479.98px) {
      dialog { inset: 0; width: 100%; height: 100%; height: 100dvh; border: 0; border-radius: 0; }
    }
    @media (prefers-color-scheme: dark) { dialog { background: #10181d; } }
    @media (forced-colors: active) { .open, dialog { border: 2px solid ButtonText; } }
    @media print { .open, dialog { display: none !important; } }
  `;

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  if ("adoptedStyleSheets" in root) { // allowed under a host page's strict style-src, where a <style> is not
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } else {
    root.append(Object.assign(document.createElement("style"), { textContent: css }));
  }

  const button = Object.assign(document.createElement("button"), { type: "button", className: "open", textContent: label || words.open });
  button.setAttribute("aria-haspopup", "dialog");
  const panel = document.createElement("dialog");
  panel.setAttribute("aria-labelledby", "title");
  const bar = Object.assign(document.createElement("div"), { className: "bar" });
  const title = Object.assign(document.createElement("h2"), { id: "title", textContent: words.title });
  const closer = Object.assign(document.createElement("button"), { type: "button", className: "close", textContent: words.close });
  bar.append(title, closer);
  panel.append(bar);
  root.append(button, panel);

  let frame = null;
  let shown = ""; // address of what is in the frame
  let opener = button; // what gets the focus back

  function address(slug, question) {
    const query = new URLSearchParams();
    if (slug) query.set("procedure", slug);
    if (question) query.set("q", question);
    if (lang) query.set("lang", lang);
    return `${origin}/?${query}`;
  }

  function open(slug = procedure, question = "") {
    const wanted = address(slug, question);
    if (!frame) {
      frame = Object.assign(document.createElement("iframe"), { title: words.title, referrerPolicy: "no-referrer", allow: "clipboard-write" });
      panel.append(frame);
    }
    if (wanted !== shown) frame.src = shown = wanted;
    if (panel.open) return;
    opener = root.activeElement || document.activeElement || button;
    button.hidden = true;
    if (NARROW.matches) panel.showModal();
    else panel.show();
    closer.focus({ preventScroll: true });
  }

  function close() {
    if (panel.open) panel.close();
  }

  panel.addEventListener("close", () => {
    button.hidden = false;
    const target = opener === document.body || !opener.isConnected ? button : opener;
    target.focus({ preventScroll: true });
  });
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  button.addEventListener("click", () => open());
  closer.addEventListener("click", close);
  addEventListener("message", (event) => { // Esc inside the chat
    if (frame && event.source === frame.contentWindow && event.origin === origin && event.data === "patient-faq:close") close();
  });
  document.addEventListener("click", (event) => { // any element of the page: <a href="https://CHAT/?procedure=x" data-faq-open="x">
    const asked = event.target.closest?.("[data-faq-open]");
    if (!asked) return;
    event.preventDefault();
    open(asked.dataset.faqOpen, asked.dataset.faqQuestion);
  });

  window.patientFaq = Object.freeze({ open, close });
  const attach = () => document.body.append(host);
  if (document.body) attach();
  else addEventListener("DOMContentLoaded", attach);
})();
