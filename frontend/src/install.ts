/** On the phone: registers the service worker, and offers to put the site on the home screen where the browser can. */
interface InstallPrompt extends Event {
  prompt(): Promise<void>;
}

export function mountInstall(): void {
  if ("serviceWorker" in navigator && window.isSecureContext) {
    window.addEventListener("load", () => void navigator.serviceWorker.register("/sw.js").catch(() => undefined));
  }
  window.addEventListener("beforeinstallprompt", (event) => {
    const button = document.querySelector<HTMLButtonElement>("[data-install]");
    if (!button) return;
    event.preventDefault();
    button.hidden = false;
    button.addEventListener("click", () => void (event as InstallPrompt).prompt());
  });
  window.addEventListener("appinstalled", () => {
    document.querySelector<HTMLButtonElement>("[data-install]")?.setAttribute("hidden", "");
  });
}
