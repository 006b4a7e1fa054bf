"""Who may do what: the matrix of the code, for every member of staff to read."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from rmflow.staff.permissions import (
    EVERYWHERE_ROLES,
    LOBBY_WORK,
    ROLE_PERMISSIONS,
    SUBTREE_ROLES,
    Permission,
    Role,
)


@require_GET
def permissions(request):
    """Permissions down, roles across; drawn from the same table that the checks read."""
    context = {
        "roles": [
            {
                "label": role.label,
                "mine": role in request.user.roles,
                "reach": "all" if role in EVERYWHERE_ROLES else "below" if role in SUBTREE_ROLES else "own",
            }
            for role in Role
        ],
        "rows": [
            {
                "label": permission.label,
                "lobby": permission in LOBBY_WORK,
                "cells": [permission in ROLE_PERMISSIONS[role] for role in Role],
            }
            for permission in Permission
        ],
    }
    return render(request, "portal/permissions.html", context)
