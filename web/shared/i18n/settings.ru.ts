export { default as refusals } from "./refusals/ru.json";
export default import.meta.glob<string[]>("./{hooks,ops,rules,shifts}/ru.json", { query: "?texts", import: "default", eager: true });
