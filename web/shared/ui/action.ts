// What a menu offers.
import type { Component } from "svelte";

export type Action = {
  key: string;
  label: string;
  hint?: string;
  icon?: Component<{ size?: number | string }>;
  isChecked?: boolean;
  isDisabled?: boolean;
  isDanger?: boolean;
  run: () => void;
};
