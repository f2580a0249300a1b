document.title = "onethread";
