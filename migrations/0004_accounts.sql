-- The session that the person chose for this very request, or signed in to for it.
ALTER TABLE flows ADD COLUMN chosen TEXT;
