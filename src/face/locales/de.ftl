# Die Texte der Seiten auf Deutsch. What the variables are, and where a text is used, is in en.ftl.
# The person is „Sie“. Where a sentence would need the gender of the person, choose another sentence.

### Pieces of several pages

title-error = Fehler:{" "}
continue = Weiter
cancel = Abbrechen
back-to = Zurück zu { $application }
close-page = Sie können diese Seite schließen.
optional = (optional)
language-label = Sprache:
developer-details = Technische Details
link-site = Website
link-privacy = Datenschutzerklärung
link-terms = Nutzungsbedingungen
link-help = Hilfe

### Signing in

sign-in-heading = Bei { $application } anmelden
sign-in-heading-device = Anmelden, um ein Gerät zu verbinden
sign-in-heading-approve = Anmelden, um Ihre Anfragen zu sehen
username-label = Benutzername oder E-Mail-Adresse
password-label = Passwort
password-show = Passwort anzeigen
password-hide = Passwort verbergen
sign-in-wrong = Der Benutzername oder das Passwort stimmt nicht.
sign-in-wait = Zu viele Versuche. Ihr Passwort wurde nicht geprüft.
stay-signed-in = Angemeldet bleiben
sign-in-button = Anmelden
sign-in-forgotten = Passwort vergessen?
sign-up-question = Neu hier?
sign-up-link = Konto erstellen

### Making an account

sign-up-heading = Konto erstellen
sign-up-lead = Danach geht es weiter zu { $application }.
sign-up-lead-device = Danach können Sie Ihr Gerät verbinden.
username-new-label = Benutzername
name-label = Vor- und Nachname
password-hint = Mindestens { $shortest } Zeichen. Gut geeignet sind mehrere Wörter, die nur Sie so zusammenstellen würden.
sign-up-button = Konto erstellen
sign-in-question = Haben Sie schon ein Konto?
sign-in-link = Anmelden
sign-up-taken = Dieser Benutzername ist vergeben. Wählen Sie einen anderen.
sign-up-username = Verwenden Sie höchstens 254 Zeichen: Buchstaben eines einzigen Alphabets, Ziffern und Zeichen wie . - _, ohne Leerzeichen und ohne @.
sign-up-name_length = Dieser Name ist zu lang.
sign-up-name_character = Dieser Name enthält ein unsichtbares Zeichen. Geben Sie ihn noch einmal ein.
password-form = Dieses Passwort ist zu lang oder enthält ein unsichtbares Zeichen.
password-short = Verwenden Sie mindestens { $shortest } Zeichen.
password-common = Viele Menschen verwenden dieses Passwort, deshalb wird es als Erstes ausprobiert. Wählen Sie ein anderes.
password-name = Ihr Passwort darf nicht Ihr Name, Ihr Benutzername oder Ihre E-Mail-Adresse sein.
password-repeated = Die beiden Passwörter stimmen nicht überein.

### Setting a password by a link

set-password-heading = Passwort festlegen
set-password-lead = Für das Konto { $username }.
set-password-ends = Sie werden dabei überall abgemeldet.
password-new-label = Neues Passwort
password-repeated-label = Neues Passwort wiederholen
set-password-button = Passwort festlegen
password-set-heading = Ihr Passwort ist festgelegt
password-set-lead = Öffnen Sie die Anwendung, die Sie nutzen möchten, und melden Sie sich dort an.
password-set-link-over = Der Link funktioniert jetzt nicht mehr.

### Choosing an account

accounts-heading = Konto auswählen
accounts-lead = für { $application }
accounts-another = Anderes Konto verwenden

### Allowing an application something

consent-title = { $application } Zugriff erlauben?
consent-heading = { $application } möchte:
consent-heading-continue = Weiter zu { $application }?
consent-heading-device = Ein Gerät mit { $application } verbinden?
consent-device-code = Sehen Sie auf Ihr Gerät: Es zeigt { $code } an.
consent-device-no-code = Vergewissern Sie sich, dass Sie das Gerät vor sich haben.
consent-device-warning = Wenn jemand Sie in einer Nachricht oder am Telefon hierher geschickt hat, erlauben Sie es nicht: Diese Person käme sonst in Ihr Konto.
consent-device-asked = { $minutes ->
    [0] Das Gerät hat gerade eben angefragt, von der Adresse { $address }.
    [one] Das Gerät hat vor einer Minute angefragt, von der Adresse { $address }.
   *[other] Das Gerät hat vor { $minutes } Minuten angefragt, von der Adresse { $address }.
}
consent-device-here = Ihre eigene Adresse ist { $address }.
consent-heading-approve = Anfrage von { $application } erlauben?
consent-approve-message = Auf dem anderen Gerät muss { $application } genau das anzeigen:
consent-approve-no-message = Erlauben Sie das nur, wenn Sie es gerade selbst in { $application } auf einem anderen Gerät begonnen haben.
consent-approve-warning = Wenn Sie das nicht selbst begonnen haben, erlauben Sie es nicht: Jemand anderes käme sonst in Ihr Konto.
consent-sensitive = Sensibler Zugriff: Erlauben Sie ihn nur, wenn Sie dieser Anwendung vertrauen.
consent-detail-other = { $type } mit diesen Angaben verwenden:
consent-detail-members = Alle Angaben
answer-yes = ja
answer-no = nein
value-date = { $day }. { $month } { $year }
value-moment = { $date }, { $time } Uhr (UTC{ $offset })
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember
consent-partial = Entfernen Sie das Häkchen bei allem, was Sie nicht erlauben möchten.
consent-other-account = Konto wechseln
consent-each-time = Fahren Sie nur fort, wenn Sie { $application } gerade selbst geöffnet haben. Ein anderes Programm könnte sich dafür ausgeben. Deshalb werden Sie jedes Mal gefragt.
consent-allow = Erlauben
consent-deny = Nicht erlauben
consent-returns-to = Danach geht es weiter zu { $place }.
consent-session = Der Zugriff endet, wenn Sie sich hier abmelden.
consent-about = Mehr über { $application }:
claim-name = Ihren vollständigen Namen sehen
claim-given_name = Ihren Vornamen sehen
claim-family_name = Ihren Nachnamen sehen
claim-middle_name = Ihren zweiten Vornamen sehen
claim-nickname = Ihren Spitznamen sehen
claim-preferred_username = Ihren Benutzernamen sehen
claim-profile = Die Adresse Ihrer Profilseite sehen
claim-picture = Ihr Bild sehen
claim-website = Die Adresse Ihrer Website sehen
claim-email = Ihre E-Mail-Adresse sehen
claim-email_verified = Sehen, ob Ihre E-Mail-Adresse bestätigt ist
claim-gender = Ihr Geschlecht sehen
claim-birthdate = Ihr Geburtsdatum sehen
claim-zoneinfo = Ihre Zeitzone sehen
claim-locale = Ihre Sprache sehen
claim-phone_number = Ihre Telefonnummer sehen
claim-phone_number_verified = Sehen, ob Ihre Telefonnummer bestätigt ist
claim-address = Ihre Postanschrift sehen
claim-updated_at = Sehen, wann Ihr Profil zuletzt geändert wurde
claim-groups = Sehen, zu welchen Gruppen Sie gehören
claim-other = Eine Angabe über Sie sehen, die hier „{ $name }“ heißt
scope-openid = Wissen, wer Sie sind
scope-profile = Ihren Namen und die übrigen Angaben Ihres Profils sehen
scope-email = Ihre E-Mail-Adresse sehen
scope-address = Ihre Postanschrift sehen
scope-phone = Ihre Telefonnummer sehen
scope-groups = Die Gruppen sehen, zu denen Sie gehören
scope-offline_access = Auch nach Ihrer Abmeldung Zugriff behalten
consequence-offline_access = Die Anwendung kann Ihre Daten nutzen, auch wenn Sie nicht da sind.

### Devices

device-heading = Gerät verbinden
device-lead = Geben Sie den Code ein, den Ihr Gerät anzeigt.
device-lead-code = Zeigt Ihr Gerät genau diesen Code an?
device-code-label = Code
device-warning = Verwenden Sie nur einen Code von einem Gerät, das Sie vor sich haben. Wer Ihnen einen Code schickt oder am Telefon vorliest, will in Ihr Konto.
device-unknown = Auf diesen Code wartet kein Gerät. Vielleicht ist er abgelaufen: Sehen Sie nach, ob Ihr Gerät einen neuen anzeigt.
device-wait = Zu viele Versuche. Dieser Code wurde nicht geprüft.
device-allowed-heading = Ihr Gerät ist verbunden
device-allowed-lead = Gehen Sie zurück zu Ihrem Gerät. Dort geht es in wenigen Sekunden von selbst weiter.
device-denied-heading = Ihr Gerät ist nicht verbunden
device-denied-lead = Es bekommt keinen Zugriff auf Ihr Konto. Wenn Ihnen jemand den Code geschickt hat, haben Sie richtig gehandelt: Bitte melden Sie es dem Betreiber dieses Dienstes.
device-another = Ein weiteres Gerät verbinden

### Requests from other devices

approve-heading = { $count ->
    [one] Eine Anfrage wartet auf Ihre Antwort
   *[other] { $count } Anfragen warten auf Ihre Antwort
}
approve-heading-none = Keine Anfrage wartet auf Sie
approve-lead = Anwendungen auf anderen Geräten bitten hier um Ihre Erlaubnis. Erlauben Sie nur, was Sie dort selbst begonnen haben.
approve-lead-none = Wenn eine Anwendung auf einem anderen Gerät um Ihre Erlaubnis bittet, antworten Sie hier. Wenn Sie eine Anfrage erwarten, laden Sie diese Seite neu.
approve-again = Neu laden
approve-asked = { $minutes ->
    [0] Gerade eben angefragt.
    [one] Vor einer Minute angefragt.
   *[other] Vor { $minutes } Minuten angefragt.
}
approve-left = { $minutes ->
    [0] Weniger als eine Minute Zeit.
    [one] Noch eine Minute Zeit.
   *[other] Noch { $minutes } Minuten Zeit.
}
approve-other-heading = Diese Anfrage ist für ein anderes Konto
approve-other-lead = Nur die Person, die gefragt wird, kann antworten. Wenn Sie ein anderes Konto haben, melden Sie sich damit an.
approve-allowed-heading = Sie haben die Anfrage erlaubt
approve-allowed-lead = Gehen Sie zurück zum anderen Gerät. Dort geht es in wenigen Sekunden von selbst weiter.
approve-denied-heading = Sie haben die Anfrage nicht erlaubt
approve-denied-lead = Die Anwendung bekommt keinen Zugriff auf Ihr Konto. Wenn Sie das nicht selbst begonnen haben, haben Sie richtig gehandelt: Bitte melden Sie es dem Betreiber dieses Dienstes.

### Signing out

logout-heading = Abmelden?
logout-asked-by = { $application } möchte Sie abmelden.
logout-lead = { $accounts ->
    [one] Um sich wieder anzumelden, brauchen Sie Ihr Passwort.
   *[other] In diesem Browser sind mehrere Konten angemeldet.
}
logout-button = Abmelden
logout-all-button = Alle Konten abmelden
logout-stay = Angemeldet bleiben
logout-applications = In Anwendungen, die noch geöffnet sind, bleiben Sie vielleicht angemeldet, bis Sie sich auch dort abmelden.
signed-out-heading = Sie sind abgemeldet
signed-out-lead = In diesem Browser ist kein Konto angemeldet.
signed-out-again = Um sich wieder anzumelden, öffnen Sie die Anwendung, die Sie nutzen möchten. Wenn auch andere diesen Computer nutzen, schließen Sie außerdem den Browser.
signing-out-heading = Sie werden abgemeldet
signing-out-lead = Ihre Anwendungen werden benachrichtigt. Wenn nichts geschieht, wählen Sie „Weiter“.
signing-out-frame = Meldet Sie bei einer Anwendung ab

### On the way back

form-post-heading = Sie werden zurückgeleitet
form-post-lead = Wenn nichts geschieht, wählen Sie „Weiter“.
answered-heading = Diese Anmeldung ist beendet
answered-heading-signed-in = Sie sind angemeldet
answered-lead = Diese Anmeldung ist beendet. Auf dieser Seite ist nichts mehr zu tun.
answered-go-back-to = Gehen Sie zurück zu { $application }, um fortzufahren.
answered-go-back = Gehen Sie zurück zur Anwendung, um fortzufahren.

### The page at the root

home-heading = Hier melden Sie sich bei Ihren Anwendungen an
home-heading-signed-in = Sie sind angemeldet
home-lead = Um eine Anwendung zu nutzen, öffnen Sie sie und melden sich dort an.
home-device = Ein Gerät verbinden
home-developers = Technische Informationen

### Errors

error-heading-link = Dieser Link funktioniert nicht
error-heading-later = Bitte versuchen Sie es später noch einmal
error-heading-moment = Bitte versuchen Sie es gleich noch einmal
error-heading-broken = Bei uns ist etwas schiefgegangen
error-heading-again = Bitte beginnen Sie noch einmal
error-heading-over = Diese Anfrage ist beendet
error-heading-off = Das ist hier nicht verfügbar
error-heading-nothing = Diese Seite gibt es nicht
wait-second = { $count ->
    [one] Versuchen Sie es in einer Sekunde noch einmal.
   *[other] Versuchen Sie es in { $count } Sekunden noch einmal.
}
wait-minute = { $count ->
    [one] Versuchen Sie es in einer Minute noch einmal.
   *[other] Versuchen Sie es in { $count } Minuten noch einmal.
}
wait-hour = { $count ->
    [one] Versuchen Sie es in einer Stunde noch einmal.
   *[other] Versuchen Sie es in { $count } Stunden noch einmal.
}
error-address = Die Anwendung wollte Sie zu dieser Adresse zurückleiten, die hier nicht registriert ist:

error-application = Die Anwendung hat Sie mit einer Anfrage hierher geschickt, die nicht funktioniert. Sie haben nichts falsch gemacht. Gehen Sie zurück und versuchen Sie es noch einmal. Wenn es wieder geschieht, melden Sie es dem Anbieter der Anwendung.
error-application-unknown = Die Anwendung, die Sie hierher geschickt hat, ist bei diesem Dienst nicht registriert. Sie haben nichts falsch gemacht. Melden Sie es dem Anbieter der Anwendung.
error-application-disabled = Die Anwendung, die Sie hierher geschickt hat, ist zurzeit deaktiviert.
error-redirect = Die Anwendung, die Sie hierher geschickt hat, hat eine falsche Adresse für den Rückweg angegeben. Sie haben nichts falsch gemacht. Melden Sie es dem Anbieter der Anwendung.
error-server = Der Fehler liegt bei uns, nicht bei Ihnen. Vielleicht hilft ein neuer Versuch.
error-busy = Der Dienst ist im Augenblick stark ausgelastet. Ihre Anfrage wurde nicht bearbeitet.
error-limited = Aus Ihrem Netzwerk oder für Ihr Konto kamen zu viele Anfragen.
error-not-found = Unter dieser Adresse gibt es keine Seite.
error-flow-unknown = Diese Anmeldung ist hier nicht bekannt. Vielleicht ist sie zu alt.
error-flow-other-browser = Diese Anmeldung wurde in einem anderen Browser begonnen, oder dieser Browser nimmt keine Cookies an.
error-flow-expired = Diese Anmeldung hat zu lange gedauert und ist deshalb beendet.
error-flow-too-many = Aus Ihrem Netzwerk wurden zu viele Anmeldungen begonnen.
error-request-used = Diese Anfrage wurde bereits verwendet.
error-form-forged = Dieses Formular ist zu alt oder stammt nicht von dieser Seite. Es wurde nichts geändert.
error-form = Das Formular konnte nicht gelesen werden. Es wurde nichts geändert.
error-sign-up-off = Hier kann niemand selbst ein Konto erstellen. Wenden Sie sich an den Betreiber dieses Dienstes.
error-sign-up-too-many = Aus Ihrem Netzwerk wurden zu viele Konten erstellt.
error-password-link-over = Dieser Link wurde schon verwendet oder ist abgelaufen. Fordern Sie einen neuen an.
error-account-disabled = Dieses Konto ist gesperrt. Wenden Sie sich an den Betreiber dieses Dienstes.
error-group = Mit Ihrem Konto dürfen Sie diese Anwendung nicht nutzen. Wenden Sie sich an den Betreiber dieses Dienstes.
error-device = Das Gerät wartet nicht mehr. Beginnen Sie auf dem Gerät von vorn.
error-device-answered = Über dieses Gerät wurde bereits entschieden.
error-device-too-many = Aus Ihrem Netzwerk fragen zu viele Geräte an.
error-approve = Sie wurde bereits beantwortet, oder die Zeit für eine Antwort ist abgelaufen. Hier ist nichts mehr zu tun.
error-logout = Die Anwendung wollte Sie auf eine Weise abmelden, die nicht funktioniert. Sie können sich stattdessen hier abmelden.

way-home = Zur Startseite
way-logout = Hier abmelden
way-device = Code noch einmal eingeben
