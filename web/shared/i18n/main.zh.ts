export { default } from "./zh.json?texts";
