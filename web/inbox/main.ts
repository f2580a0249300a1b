import "../shared/tokens.css";
import "../shared/base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { pagePlace } from "./store/place.svelte";
import { session } from "./store/session.svelte";
import { theme } from "./store/theme.svelte";
import { speech } from "./store/words.svelte";

theme.begin();
pagePlace.begin();
const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
await Promise.all([speech.begin(), session.begin()]);
mount(App, { target });
