// Shows, as an editor types, how the draft is split and when it may close at the earliest.
(function () {
  "use strict";

  function value(name) {
    var field = document.querySelector('[name="' + name + '"]');
    return field ? field.value : "";
  }

  function ask(target, url, names) {
    var body = new FormData();
    names.forEach(function (name) {
      body.append(name, value(name));
    });
    body.append("csrfmiddlewaretoken", value("csrfmiddlewaretoken"));
    fetch(url, { method: "POST", body: body, credentials: "same-origin" })
      .then(function (answer) {
        return answer.ok ? answer.text() : null;
      })
      .then(function (html) {
        if (html === null) return;
        target.innerHTML = html;
        if (target.dataset.proposalUrl) offer(target);
      });
  }

  function offer(target) {
    var proposed = target.querySelector("[data-proposed]");
    var field = document.querySelector('[name="closes_on"]');
    if (field) field.placeholder = proposed ? proposed.dataset.proposed : "";
  }

  function watch(selector, key, names) {
    var target = document.querySelector(selector);
    if (!target) return;
    var timer;
    function later() {
      clearTimeout(timer);
      timer = setTimeout(function () {
        ask(target, target.dataset[key], names);
      }, 300);
    }
    names.forEach(function (name) {
      var field = document.querySelector('[name="' + name + '"]');
      if (!field) return;
      field.addEventListener("input", later);
      field.addEventListener("change", later);
    });
    later();
  }

  document.addEventListener("DOMContentLoaded", function () {
    watch("[data-split-url]", "splitUrl", ["draft"]);
    watch("[data-proposal-url]", "proposalUrl", [
      "procedure",
      "business_related",
      "opens_at",
      "shortening",
      "change",
    ]);
  });
})();
