export default import.meta.glob<string[]>("./{cases,compose,lists,people,reading}/zh.json", { query: "?texts", import: "default", eager: true });
