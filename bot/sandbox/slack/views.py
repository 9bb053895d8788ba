"""views.*: the life of modals and App Homes, and the answers an app gives to a submitted modal."""

from dataclasses import replace

from bot.sandbox.slack.chat import with_ids
from bot.sandbox.slack.inputs import initial_values
from bot.sandbox.slack.limits import check_view
from bot.sandbox.slack.records import View, view_payload
from bot.sandbox.slack.wire import Arguments, Payload, SlackError
from bot.sandbox.slack.workspace import Workspace

MOST_OPEN = 3


def open_view(workspace: Workspace, call: Arguments) -> Payload:
    """views.open: a first modal for whoever made the trigger; what they had open is gone."""
    view = check_view(call.structure("view", "invalid_arguments"), "modal")
    trigger = workspace.use_trigger(call.text("trigger_id"))
    workspace.set_stack(trigger.user, ())
    return _answer(workspace, add_modal(workspace, trigger.user, view))


def push_view(workspace: Workspace, call: Arguments) -> Payload:
    """views.push: one more modal over the one the trigger was made in; three at most."""
    view = check_view(call.structure("view", "invalid_arguments"), "modal")
    trigger = workspace.use_trigger(call.text("trigger_id"))
    if trigger.view_id not in workspace.stacks.get(trigger.user, ()):
        raise SlackError("not_found")
    return _answer(workspace, add_modal(workspace, trigger.user, view))


def update_view(workspace: Workspace, call: Arguments) -> Payload:
    """views.update: by id or external id; with a hash only if nothing changed since."""
    old = _sought(workspace, call)
    if call.text("hash") and call.text("hash") != old.hash:
        raise SlackError("hash_conflict")
    view = check_view(call.structure("view", "invalid_arguments"), old.given["type"])
    return _answer(workspace, change(workspace, old, view))


def publish_view(workspace: Workspace, call: Arguments) -> Payload:
    """views.publish: the App Home of one user."""
    user = workspace.user(call.text("user_id"))
    view = check_view(call.structure("view", "invalid_arguments"), "home")
    _check_pictures(workspace, view)
    old = workspace.home(user.id)
    if old is not None:
        if call.text("hash") and call.text("hash") != old.hash:
            raise SlackError("hash_conflict")
        return _answer(workspace, change(workspace, old, view))
    made = _new(workspace, user.id, view)
    workspace.homes[user.id] = made.id
    return _answer(workspace, workspace.put_view(made))


def _check_pictures(workspace: Workspace, view: Payload) -> None:
    """A picture is a file that Slack has, whole, and that is one."""
    for at, block in enumerate(view["blocks"]):
        file = workspace.files.get((block.get("slack_file") or {}).get("id", ""))
        if "slack_file" in block and (file is None or not file.complete or not file.mimetype.startswith("image/")):
            raise SlackError(
                "invalid_arguments", (f"invalid slack file [json-pointer:/view/blocks/{at}/slack_file]",)
            )


def add_modal(workspace: Workspace, user: str, given: Payload) -> View:
    """Put a modal on top of what `user` has open."""
    stack = workspace.stacks.get(user, ())
    if len(stack) >= MOST_OPEN:
        raise SlackError("push_limit_reached")
    _check_external_id(workspace, given)
    view = _new(workspace, user, given)
    if stack:
        view = replace(view, root_view_id=stack[0], previous_view_id=stack[-1])
    workspace.put_view(view)
    workspace.set_stack(user, (*stack, view.id))
    return view


def change(workspace: Workspace, old: View, given: Payload) -> View:
    """Show other content in an open view; what was typed stays where block and action ids are the same."""
    _check_external_id(workspace, given, but=old.id)
    fresh = _new(workspace, old.user, given)
    kept = {
        block_id: {
            action_id: old.values.get(block_id, {}).get(action_id, state) for action_id, state in slots.items()
        }
        for block_id, slots in fresh.values.items()
    }
    return workspace.put_view(
        replace(
            fresh,
            id=old.id,
            values=kept,
            root_view_id=old.root_view_id,
            previous_view_id=old.previous_view_id,
        )
    )


def close_top(workspace: Workspace, user: str) -> None:
    """Take away the modal `user` sees; the one under it shows again."""
    workspace.set_stack(user, workspace.stacks.get(user, ())[:-1])


def obey(workspace: Workspace, view: View, answer: Payload) -> None:
    """Do what the app answered to a submitted modal; SlackError when the answer makes no sense."""
    action = answer.get("response_action", "close" if not answer else "")
    if action not in ANSWERS:
        raise SlackError("invalid_response_action")
    if view.id not in workspace.views:
        raise SlackError("not_found")
    ANSWERS[action](workspace, workspace.views[view.id], answer)


def _close(workspace: Workspace, view: View, _answer: Payload) -> None:
    close_top(workspace, view.user)


def _clear(workspace: Workspace, view: View, _answer: Payload) -> None:
    workspace.set_stack(view.user, ())


def _update(workspace: Workspace, view: View, answer: Payload) -> None:
    change(workspace, view, check_view(answer.get("view"), "modal"))


def _push(workspace: Workspace, view: View, answer: Payload) -> None:
    add_modal(workspace, view.user, check_view(answer.get("view"), "modal"))


def _errors(workspace: Workspace, view: View, answer: Payload) -> None:
    errors = answer.get("errors")
    asked = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or set(errors) - asked:
        raise SlackError("invalid_response_errors")
    workspace.put_view(replace(view, errors={name: str(words) for name, words in errors.items()}))


ANSWERS = {"close": _close, "clear": _clear, "update": _update, "push": _push, "errors": _errors}


def _sought(workspace: Workspace, call: Arguments) -> View:
    view_id, external_id = call.text("view_id"), call.text("external_id")
    for view in workspace.views.values():
        if view.id == view_id or (external_id and view.given.get("external_id") == external_id):
            return view
    raise SlackError("not_found")


def _check_external_id(workspace: Workspace, given: Payload, but: str = "") -> None:
    external_id = given.get("external_id")
    taken = {view.given.get("external_id") for view in workspace.views.values() if view.id != but}
    if external_id and external_id in taken:
        raise SlackError("duplicate_external_id")


def _new(workspace: Workspace, user: str, given: Payload) -> View:
    view_id = workspace.new_id("V")
    blocks = with_ids(workspace, tuple(given["blocks"]))
    return View(
        id=view_id,
        user=user,
        hash=f"{workspace.new_ts()}.{view_id[-4:]}",
        given={**given, "blocks": list(blocks)},
        root_view_id=view_id,
        values=initial_values(blocks),
    )


def _answer(workspace: Workspace, view: View) -> Payload:
    shown = view_payload(view, workspace.team_id, workspace.app_id, workspace.bot_id)
    return {"ok": True, "view": shown}
