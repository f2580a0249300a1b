export { default } from "./ru.json?texts";
