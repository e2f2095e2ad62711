"""The script solves the task, keeps the form until then, and needs no looser content policy."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.utils import timezone
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from throttling import services

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGE = """{% load static %}<!doctype html><html lang="en"><head><title>Form</title>
<script src="{% static "throttling/proof.js" %}" defer></script></head><body>
<form method="post" data-proof="{{ challenge }}">{% csrf_token %}<input type="hidden" name="proof">
<p role="status" data-proof-status="One moment" hidden></p>
<button name="send" value="now">Send</button></form></body></html>"""


def form(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    if request.method == "POST":
        accepted = services.accept_proof("consultation 7", request.POST["proof"], now)
        return HttpResponse(f"<p id=answer>{accepted} {request.POST['send']}</p>")
    task = services.challenge("consultation 7", now, difficulty=int(request.GET["difficulty"]))
    page = engines["django"].from_string(PAGE)
    return HttpResponse(page.render({"challenge": task}, request))


urlpatterns = [path("form/", form)]
handler404 = "django.views.defaults.page_not_found"


@pytest.fixture
def address(live_server, settings):
    settings.ROOT_URLCONF = __name__
    return f"{live_server.url}/form/"


def wait(browser, what):
    return WebDriverWait(browser, 20).until(what)


def answer(browser):
    return wait(browser, lambda b: b.find_elements(By.ID, "answer"))[0].text


def test_the_task_is_solved_while_the_reader_writes(browser, address):
    browser.get(f"{address}?difficulty=10")
    wait(browser, lambda b: b.find_elements(By.CSS_SELECTOR, "[data-proof-state=solved]"))
    browser.find_element(By.TAG_NAME, "button").click()
    assert answer(browser) == "True now"
    assert not [
        line for line in browser.get_log("browser") if "Content Security" in line["message"]
    ]


def test_a_form_sent_off_early_waits_for_its_solution(browser, address):
    browser.get(f"{address}?difficulty=13")
    browser.find_element(By.TAG_NAME, "button").click()
    assert answer(browser) == "True now"


def test_without_script_the_form_goes_out_without_a_proof(browser, address):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"{address}?difficulty=13")
        browser.find_element(By.TAG_NAME, "button").click()
        assert answer(browser) == "False now"
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
