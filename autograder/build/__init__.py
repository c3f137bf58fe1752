"""From one source to everything that is handed out or installed: stubs, notebook, template, otter-grader zip."""
