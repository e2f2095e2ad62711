"""An editor logs in with a real browser: the form works, and nothing breaks the content policy."""

import pytest
from django.contrib.auth.models import Permission, User
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

PASSWORD = "a long enough passphrase"
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_editor_reaches_the_editors_start_page(browser, live_server, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    editor = User.objects.create_user("mei.lan", "mei.lan@example.org", PASSWORD)
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    browser.get(f"{live_server.url}/admin/")
    assert "/accounts/login/" in browser.current_url
    assert browser.get_log("browser") == []
    browser.find_element(By.NAME, "login").send_keys("mei.lan")
    browser.find_element(By.NAME, "password").send_keys(PASSWORD)
    browser.find_element(By.CSS_SELECTOR, "main button").click()
    WebDriverWait(browser, 10).until(
        lambda _: browser.current_url == f"{live_server.url}/admin/",
        browser.find_element(By.TAG_NAME, "body").text,
    )
    assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []
