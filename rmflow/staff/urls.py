"""Addresses of login, of what staff set for themselves, and of the administrators."""

from django.urls import path

from .views import me, password, people, reviews, second_step, sign_in

app_name = "staff"
urlpatterns = [
    path("login/", sign_in.login, name="login"),
    path("logout/", sign_in.logout, name="logout"),
    path("second-factor/", second_step.second_step, name="second_factor"),
    path("password/", password.password, name="password"),
    path("unlock/", people.locked, name="locked"),
    path("staff/availability/", me.availability, name="availability"),
    path("staff/duty/", me.duty, name="duty"),
    path("staff/role/", me.role, name="role"),
    path("staff/language/", me.language, name="language"),
    path("staff/people/", people.people, name="people"),
    path("staff/reviews/", reviews.index, name="reviews"),
    path("staff/reviews/<int:pk>/confirm/", reviews.confirm, name="review"),
    path("staff/people/new/", people.new_person, name="new_person"),
    path("staff/people/<int:pk>/", people.person, name="person"),
    path("staff/people/<int:pk>/grant/", people.grant, name="grant"),
    path("staff/people/<int:pk>/revoke/<int:holding>/", people.revoke, name="revoke"),
    path("staff/people/<int:pk>/unlock/", people.unlock, name="unlock"),
    path("staff/people/<int:pk>/reset-password/", people.reset, name="reset_password"),
    path("staff/people/<int:pk>/forget-phone/", people.forget_phone, name="forget_phone"),
]
