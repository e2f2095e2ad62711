// Helps officers to answer: keys on the board, passages of a comment, phrases for reasons.
// Everything works without it as well.
(function () {
  "use strict";

  function each(selector, act) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), act);
  }

  function show(element) {
    element.hidden = false;
  }

  // --- keys ------------------------------------------------------------------------------------

  var place = -1;

  function isTyping(target) {
    var box = target.type === "checkbox" || target.type === "radio";
    return target.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !box);
  }

  function go(rows, step) {
    var focused = document.activeElement.closest("[data-keys] tbody tr");
    if (focused) place = rows.indexOf(focused);
    place = Math.max(0, Math.min(rows.length - 1, place + step));
    rows.forEach(function (row, index) {
      row.classList.toggle("gk-here", index === place);
    });
    rows[place].querySelector("[data-open]").focus({ preventScroll: true });
    rows[place].scrollIntoView({ block: "nearest" });
  }

  function press(event, table) {
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    var here = rows[place];
    var actions = {
      j: function () {
        go(rows, 1);
      },
      k: function () {
        go(rows, -1);
      },
      x: function () {
        if (here) here.querySelector("input[type=checkbox]").click();
      },
      o: function () {
        if (here) here.querySelector("[data-open]").click();
      },
      "/": function () {
        document.querySelector(".gk-filters [type=search]").focus();
      },
      "?": function () {
        var list = document.querySelector("[data-keys-list]");
        list.open = !list.open;
        list.querySelector("summary").focus();
      },
    };
    if (!Object.prototype.hasOwnProperty.call(actions, event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    actions[event.key]();
  }

  function keys() {
    var table = document.querySelector("[data-keys]");
    if (!table) return;
    window.addEventListener(
      "keydown",
      function (event) {
        if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
        press(event, table);
      },
      true
    );
  }

  function tickAll() {
    each("[data-tick-all]", function (button) {
      show(button);
      button.addEventListener("click", function () {
        each("[name=comment]", function (box) {
          box.checked = true;
        });
      });
    });
  }

  // --- passages and phrases --------------------------------------------------------------------

  function passages() {
    each("[data-passages]", function (text) {
      var field = document.getElementById(text.dataset.passages);
      if (!field) return;
      each("[data-with-script]", show);
      document.addEventListener("selectionchange", function () {
        var chosen = window.getSelection();
        if (chosen.rangeCount && text.contains(chosen.getRangeAt(0).commonAncestorContainer)) {
          if (String(chosen).trim()) field.value = String(chosen).trim();
        }
      });
    });
  }

  function phrases() {
    each("[data-insert]", function (button) {
      show(button);
      button.addEventListener("click", function () {
        var field = document.getElementById(button.dataset.insert);
        field.setRangeText(button.dataset.words, field.selectionStart, field.selectionEnd, "end");
        field.focus();
      });
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    keys();
    tickAll();
    passages();
    phrases();
  });
})();
