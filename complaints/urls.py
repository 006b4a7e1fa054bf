"""Addresses of business handling; each noun brings its own list."""

app_name = "complaints"

complaint_urls: list = []

urlpatterns = [*complaint_urls]
