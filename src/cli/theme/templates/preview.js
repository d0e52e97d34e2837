// Shows the page again when a file of the theme has changed.
setInterval(async () => {
  const answer = await fetch('/changes').catch(() => null);
  if (answer?.ok && await answer.text() !== document.documentElement.dataset.stamp) location.reload();
}, 1000);
