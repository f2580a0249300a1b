import { expect, test } from "vitest";
import { choicesWith, nameOf, toClosing, toField } from "./hours";

test("days are named in the reader's language", () => {
  expect(nameOf("mon-fri", "en")).toBe("Mon–Fri");
  expect(nameOf("sat,sun", "zh")).toBe("周六, 周日");
  expect(nameOf("wed", "ru")).toBe("ср");
});

test("days that were written by hand can still be chosen", () => {
  expect(choicesWith("mon,wed")[0]).toBe("mon,wed");
  expect(choicesWith("mon-fri").filter((one) => one === "mon-fri")).toHaveLength(1);
});

test("midnight at the end of a day comes back as it was", () => {
  expect(toClosing(toField("24:00"))).toBe("24:00");
  expect(toClosing(toField("18:30"))).toBe("18:30");
});
