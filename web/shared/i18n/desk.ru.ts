export default import.meta.glob<string[]>("./{cases,compose,lists,people,reading}/ru.json", { query: "?texts", import: "default", eager: true });
