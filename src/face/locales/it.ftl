# The texts of the pages in Italian. en.ftl says what each text is for and what its variables are.

### Pieces of several pages

title-error = Errore:{" "}
continue = Continua
cancel = Annulla
back-to = Torna a { $application }
close-page = Puoi chiudere questa pagina.
optional = (facoltativo)
language-label = Lingua:
developer-details = Dettagli per sviluppatori
link-site = Sito web
link-privacy = Informativa sulla privacy
link-terms = Termini di servizio
link-help = Assistenza

### Signing in

sign-in-heading = Accedi a { $application }
sign-in-heading-device = Accedi per collegare un dispositivo
sign-in-heading-approve = Accedi per vedere le tue richieste
username-label = Nome utente o email
password-label = Password
password-show = Mostra password
password-hide = Nascondi password
sign-in-wrong = Il nome utente o la password non sono corretti.
sign-in-wait = Troppi tentativi. La password non è stata verificata.
stay-signed-in = Mantieni l’accesso
sign-in-button = Accedi
sign-in-forgotten = Password dimenticata?
sign-up-question = Non hai un account?
sign-up-link = Crea un account

### Making an account

sign-up-heading = Crea il tuo account
sign-up-lead = Poi prosegui su { $application }.
sign-up-lead-device = Poi puoi collegare il dispositivo.
username-new-label = Nome utente
name-label = Nome e cognome
password-hint = Almeno { $shortest } caratteri. Una buona password è fatta di più parole che solo tu metteresti insieme.
sign-up-button = Crea account
sign-in-question = Hai già un account?
sign-in-link = Accedi
sign-up-taken = Questo nome utente è già in uso. Scegline un altro.
sign-up-username = Usa al massimo 254 caratteri: lettere di un solo alfabeto, cifre e segni come . - _, senza spazi e senza @.
sign-up-name_length = Questo nome è troppo lungo.
sign-up-name_character = Questo nome contiene un carattere invisibile. Digitalo di nuovo.
password-form = Questa password è troppo lunga o contiene un carattere invisibile.
password-short = Usa almeno { $shortest } caratteri.
password-common = Molte persone usano questa password, quindi è tra le prime che si provano. Scegline un’altra.
password-name = La password non può essere il tuo nome, il nome utente o l’email.
password-repeated = Le due password sono diverse.

### Setting a password by a link

set-password-heading = Imposta la password
set-password-lead = Per l’account { $username }.
set-password-ends = L’accesso verrà chiuso su tutti i dispositivi.
password-new-label = Nuova password
password-repeated-label = Ripeti la nuova password
set-password-button = Imposta password
password-set-heading = La password è stata impostata
password-set-lead = Apri l’applicazione che vuoi usare e accedi da lì.
password-set-link-over = Il link non è più valido.

### Choosing an account

accounts-heading = Scegli un account
accounts-lead = per continuare su { $application }
accounts-another = Usa un altro account

### Allowing an application something

consent-title = Autorizzare { $application }?
consent-heading = { $application } chiede di:
consent-heading-continue = Continuare su { $application }?
consent-heading-device = Collegare un dispositivo a { $application }?
consent-device-code = Controlla che il dispositivo mostri il codice { $code }.
consent-device-no-code = Controlla di avere il dispositivo davanti a te.
consent-device-warning = Se qualcuno ti ha fatto aprire questa pagina, con un messaggio o al telefono, non autorizzare: quella persona entrerebbe nel tuo account.
consent-device-asked = { $minutes ->
    [0] La richiesta del dispositivo è appena arrivata, da { $address }.
    [one] La richiesta del dispositivo è arrivata un minuto fa, da { $address }.
   *[other] La richiesta del dispositivo è arrivata { $minutes } minuti fa, da { $address }.
}
consent-device-here = Il tuo indirizzo è { $address }.
consent-heading-approve = Autorizzare la richiesta di { $application }?
consent-approve-message = Sull’altro dispositivo, { $application } deve mostrare esattamente questo:
consent-approve-no-message = Autorizza solo se hai appena avviato tu questa richiesta in { $application }, su un altro dispositivo.
consent-approve-warning = Se non hai avviato tu questa richiesta, non autorizzarla: un’altra persona potrebbe entrare nel tuo account.
consent-sensitive = Autorizzazione delicata: concedila solo se ti fidi di questa applicazione.
consent-detail-other = Usare { $type } con questi dati:
consent-detail-members = Tutti i dati
answer-yes = sì
answer-no = no
value-date = { $day } { $month } { $year }
value-moment = { $date }, { $time } (UTC{ $offset })
month-1 = gennaio
month-2 = febbraio
month-3 = marzo
month-4 = aprile
month-5 = maggio
month-6 = giugno
month-7 = luglio
month-8 = agosto
month-9 = settembre
month-10 = ottobre
month-11 = novembre
month-12 = dicembre
consent-partial = Deseleziona ciò che non vuoi consentire.
consent-other-account = Cambia account
consent-each-time = Continua solo se hai appena aperto tu { $application }. Un altro programma potrebbe usarne il nome, perciò te lo chiediamo ogni volta.
consent-allow = Autorizza
consent-deny = Non autorizzare
consent-returns-to = Poi si aprirà { $place }.
consent-session = L’accesso termina quando ti disconnetti dal tuo account.
consent-about = Informazioni su { $application }:
claim-name = Vedere il tuo nome e cognome
claim-given_name = Vedere il tuo nome
claim-family_name = Vedere il tuo cognome
claim-middle_name = Vedere il tuo secondo nome
claim-nickname = Vedere il tuo soprannome
claim-preferred_username = Vedere il tuo nome utente
claim-profile = Vedere l’indirizzo della tua pagina del profilo
claim-picture = Vedere la tua foto
claim-website = Vedere l’indirizzo del tuo sito web
claim-email = Vedere il tuo indirizzo email
claim-email_verified = Vedere se il tuo indirizzo email è verificato
claim-gender = Vedere il tuo genere
claim-birthdate = Vedere la tua data di nascita
claim-zoneinfo = Vedere il tuo fuso orario
claim-locale = Vedere la tua lingua
claim-phone_number = Vedere il tuo numero di telefono
claim-phone_number_verified = Vedere se il tuo numero di telefono è verificato
claim-address = Vedere il tuo indirizzo postale
claim-updated_at = Vedere quando il tuo profilo è stato modificato l’ultima volta
claim-groups = Vedere i gruppi di cui fai parte
claim-other = Vedere un dato su di te che qui si chiama { $name }
scope-openid = Sapere chi sei
scope-profile = Vedere il tuo nome e gli altri dati del tuo profilo
scope-email = Vedere il tuo indirizzo email
scope-address = Vedere il tuo indirizzo postale
scope-phone = Vedere il tuo numero di telefono
scope-groups = Vedere i gruppi di cui fai parte
scope-offline_access = Mantenere questo accesso anche dopo l’uscita
consequence-offline_access = L’applicazione può usare i tuoi dati anche quando non sei presente.

### Devices

device-heading = Collega un dispositivo
device-lead = Inserisci il codice mostrato dal dispositivo.
device-lead-code = Il dispositivo mostra esattamente questo codice?
device-code-label = Codice
device-warning = Usa solo il codice di un dispositivo che hai davanti a te. Chi ti invia un codice, o te lo detta al telefono, vuole entrare nel tuo account.
device-unknown = Nessun dispositivo è in attesa di questo codice. Potrebbe essere scaduto: controlla se il dispositivo ne mostra uno nuovo.
device-wait = Troppi tentativi. Questo codice non è stato verificato.
device-allowed-heading = Il dispositivo è collegato
device-allowed-lead = Torna al dispositivo: proseguirà da solo tra pochi secondi.
device-denied-heading = Il dispositivo non è collegato
device-denied-lead = Non avrà accesso al tuo account. Se qualcuno ti ha inviato il codice, hai fatto la cosa giusta: segnalalo a chi gestisce questo servizio.
device-another = Collega un altro dispositivo

### Requests from other devices

approve-heading = { $count ->
    [one] Una richiesta attende la tua risposta
   *[other] { $count } richieste attendono la tua risposta
}
approve-heading-none = Nessuna richiesta in attesa
approve-lead = Qui le applicazioni su altri dispositivi ti chiedono un’autorizzazione. Autorizza solo ciò che hai avviato tu.
approve-lead-none = Quando un’applicazione su un altro dispositivo chiede la tua autorizzazione, rispondi qui. Se aspetti una richiesta, ricarica questa pagina.
approve-again = Ricarica
approve-asked = { $minutes ->
    [0] Appena arrivata.
    [one] Arrivata un minuto fa.
   *[other] Arrivata { $minutes } minuti fa.
}
approve-left = { $minutes ->
    [0] Resta meno di un minuto.
    [one] Resta un minuto.
   *[other] Restano { $minutes } minuti.
}
approve-other-heading = Questa richiesta è per un altro account
approve-other-lead = Può rispondere solo la persona a cui è rivolta. Se hai un altro account, accedi con quello.
approve-allowed-heading = Hai autorizzato la richiesta
approve-allowed-lead = Torna all’altro dispositivo: proseguirà da solo tra pochi secondi.
approve-denied-heading = Non hai autorizzato la richiesta
approve-denied-lead = L’applicazione non avrà accesso al tuo account. Se non avevi avviato tu la richiesta, hai fatto la cosa giusta: segnalalo a chi gestisce questo servizio.

### Signing out

logout-heading = Vuoi uscire?
logout-asked-by = { $application } chiede di disconnetterti.
logout-lead = { $accounts ->
    [one] Per accedere di nuovo ti servirà la password.
   *[other] In questo browser sono attivi più account.
}
logout-button = Esci
logout-all-button = Esci da tutti gli account
logout-stay = Non uscire
logout-applications = Nelle applicazioni aperte l’accesso può restare attivo finché non esci anche da lì.
signed-out-heading = Uscita completata
signed-out-lead = In questo browser non è attivo nessun account.
signed-out-again = Per accedere di nuovo, apri l’applicazione che vuoi usare. Se altre persone usano questo computer, chiudi anche il browser.
signing-out-heading = Uscita in corso
signing-out-lead = Stiamo avvisando le tue applicazioni. Se non succede nulla, scegli Continua.
signing-out-frame = Chiude l’accesso a un’applicazione

### On the way back

form-post-heading = Ritorno all’applicazione
form-post-lead = Se non succede nulla, scegli Continua.
answered-heading = Questo accesso è concluso
answered-heading-signed-in = Hai effettuato l’accesso
answered-lead = Hai già completato questo accesso. In questa pagina non resta nulla da fare.
answered-go-back-to = Per continuare, torna a { $application }.
answered-go-back = Per continuare, torna all’applicazione.

### The page at the root

home-heading = Da qui si accede ad altre applicazioni
home-heading-signed-in = Hai effettuato l’accesso
home-lead = Per usare un’applicazione, aprila e scegli di accedere da lì.
home-device = Collega un dispositivo
home-developers = Per sviluppatori

### Errors

error-heading-link = Questo link non funziona
error-heading-later = Riprova più tardi
error-heading-moment = Riprova tra poco
error-heading-broken = Si è verificato un errore
error-heading-again = Ricomincia da capo
error-heading-over = Questa richiesta è conclusa
error-heading-off = Funzione non attiva
error-heading-nothing = Questa pagina non esiste
wait-second = { $count ->
    [one] Riprova tra un secondo.
   *[other] Riprova tra { $count } secondi.
}
wait-minute = { $count ->
    [one] Riprova tra un minuto.
   *[other] Riprova tra { $count } minuti.
}
wait-hour = { $count ->
    [one] Riprova tra un’ora.
   *[other] Riprova tra { $count } ore.
}
error-address = L’applicazione ha chiesto la risposta a questo indirizzo, che qui non è registrato:

error-application = L’applicazione ha inviato una richiesta che non funziona. Non è un tuo errore. Torna indietro e riprova; se succede ancora, segnalalo a chi sviluppa l’applicazione.
error-application-unknown = L’applicazione da cui arrivi non è registrata in questo servizio. Non è un tuo errore. Segnalalo a chi sviluppa l’applicazione.
error-application-disabled = L’applicazione da cui arrivi al momento è disattivata.
error-redirect = L’applicazione da cui arrivi ha indicato un indirizzo di ritorno sbagliato. Non è un tuo errore. Segnalalo a chi sviluppa l’applicazione.
error-server = L’errore è nostro, non tuo. Riprovare potrebbe bastare.
error-busy = In questo momento le richieste sono molte. La tua non è stata elaborata.
error-limited = Sono arrivate troppe richieste dalla tua rete o per il tuo account.
error-not-found = A questo indirizzo non c’è nulla.
error-flow-unknown = Questo accesso non è riconosciuto. Potrebbe essere troppo vecchio.
error-flow-other-browser = Questo accesso è stato avviato in un altro browser, oppure questo browser non accetta i cookie.
error-flow-expired = Questo accesso ha richiesto troppo tempo ed è terminato.
error-flow-too-many = Dalla tua rete sono stati avviati troppi accessi.
error-request-used = Questa richiesta è già stata utilizzata.
error-form-forged = Questo modulo è troppo vecchio o non proviene da questa pagina. Non è stato modificato nulla.
error-form = Non è stato possibile leggere il modulo. Non è stato modificato nulla.
error-sign-up-off = Qui non è possibile creare un account da soli. Rivolgiti a chi gestisce questo servizio.
error-sign-up-too-many = Dalla tua rete sono stati creati troppi account.
error-password-link-over = Questo link è già stato usato o è scaduto. Chiedine uno nuovo.
error-account-disabled = Questo account è disattivato. Rivolgiti a chi gestisce questo servizio.
error-group = Il tuo account non può usare questa applicazione. Rivolgiti a chi gestisce questo servizio.
error-device = Il dispositivo non è più in attesa. Ricomincia dal dispositivo.
error-device-answered = Questo dispositivo ha già ricevuto la risposta.
error-device-too-many = Dalla tua rete arrivano richieste da troppi dispositivi.
error-approve = Ha già ricevuto una risposta, oppure il tempo per rispondere è scaduto. Qui non c’è altro da fare.
error-logout = L’applicazione ha chiesto di farti uscire in un modo che non funziona. Puoi uscire da qui.

way-home = Vai alla pagina iniziale
way-logout = Esci da qui
way-device = Inserisci di nuovo il codice
