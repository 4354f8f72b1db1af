import "@fontsource-variable/inter/index.css";
import "@fontsource/jetbrains-mono/400.css";
import "@fontsource/jetbrains-mono/600.css";
import "./app.css";
import { mount } from "svelte";
import { useClient } from "./api/client";
import App from "./App.svelte";
import { fetchScreensAhead } from "./app/screens";

async function start() {
  const target = document.getElementById("app");
  if (!target) throw new Error("index.html has no #app");
  if ("__TAURI_INTERNALS__" in window) {
    useClient((await import("./api/tauri")).tauriClient);
  } else if (import.meta.env.MODE === "production") {
    target.textContent = "This page is the inside of the MLprompt window. Start MLprompt to use it.";
    return;
  } else {
    const { memoryClient } = await import("./api/memory");
    useClient(memoryClient(new URLSearchParams(location.search).get("scenario") ?? "usual"));
  }
  mount(App, { target });
  fetchScreensAhead();
}

void start();
