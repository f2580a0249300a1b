import "../shared/tokens.css";
import "../shared/base.css";
import { mount } from "svelte";
import { whenAbsent } from "../shared/ui/absent";
import App from "./App.svelte";
import { pagePlace } from "./store/place.svelte";
import { session } from "./store/session.svelte";
import { theme } from "./store/theme.svelte";
import { toasts } from "./store/toasts.svelte";
import { speech, t } from "./store/words.svelte";

theme.begin();
whenAbsent(() => toasts.show(t("error.part"), { label: t("error.reload"), run: () => location.reload() }));
pagePlace.begin();
// The desk is on its way while the server is asked who is here.
if (!["setup", "login", "invite"].includes(pagePlace.route.screen)) {
  for (const load of [() => import("./screens/Shell.svelte"), () => import("./screens/Inbox.svelte")]) void load().catch(() => undefined);
}
const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
await Promise.all([speech.begin(), session.begin()]);
mount(App, { target });
