# Les textes des pages en français. What the variables are, and where a text is used, is in en.ftl.
# The person is « vous ». Before : and inside « » is a no-break space, before ; ! ? a narrow one. No participle that would need the
# gender of the person, and no “de” before a name, which might begin with a vowel.

### Pieces of several pages

title-error = Erreur :{" "}
continue = Continuer
cancel = Annuler
back-to = Retour à { $application }
close-page = Vous pouvez fermer cette page.
optional = (facultatif)
language-label = Langue :
developer-details = Informations techniques
link-site = Site web
link-privacy = Politique de confidentialité
link-terms = Conditions d’utilisation
link-help = Aide

### Signing in

sign-in-heading = Connectez-vous à { $application }
sign-in-heading-device = Connectez-vous pour associer un appareil
sign-in-heading-approve = Connectez-vous pour voir vos demandes
username-label = Nom d’utilisateur ou adresse e-mail
password-label = Mot de passe
password-show = Afficher le mot de passe
password-hide = Masquer le mot de passe
sign-in-wrong = Le nom d’utilisateur ou le mot de passe est incorrect.
sign-in-wait = Trop de tentatives. Votre mot de passe n’a pas été vérifié.
stay-signed-in = Garder ma session ouverte
sign-in-button = Se connecter
sign-in-forgotten = Mot de passe oublié ?
sign-up-question = Première visite ?
sign-up-link = Créer un compte

### Making an account

sign-up-heading = Créez votre compte
sign-up-lead = Vous continuerez ensuite vers { $application }.
sign-up-lead-device = Vous pourrez ensuite associer votre appareil.
username-new-label = Nom d’utilisateur
name-label = Nom complet
password-hint = Au moins { $shortest } caractères. Plusieurs mots sans lien entre eux, que personne d’autre ne réunirait, forment un bon mot de passe.
sign-up-button = Créer un compte
sign-in-question = Vous avez déjà un compte ?
sign-in-link = Se connecter
sign-up-taken = Ce nom d’utilisateur est déjà pris. Choisissez-en un autre.
sign-up-username = Utilisez au plus 254 caractères : des lettres d’un seul alphabet, des chiffres et des signes comme . - _, sans espace et sans @.
sign-up-name_length = Ce nom est trop long.
sign-up-name_character = Ce nom contient un caractère invisible. Saisissez-le à nouveau.
password-form = Ce mot de passe est trop long ou contient un caractère invisible.
password-short = Utilisez au moins { $shortest } caractères.
password-common = Ce mot de passe est très répandu : il est essayé en premier. Choisissez-en un autre.
password-name = Votre mot de passe ne doit pas être votre nom, votre nom d’utilisateur ni votre adresse e-mail.
password-repeated = Les deux mots de passe sont différents.

### Setting a password by a link

set-password-heading = Choisissez votre mot de passe
set-password-lead = Pour le compte { $username }.
set-password-ends = Toutes vos sessions ouvertes seront fermées.
password-new-label = Nouveau mot de passe
password-repeated-label = Nouveau mot de passe, une seconde fois
set-password-button = Enregistrer le mot de passe
password-set-heading = Votre mot de passe est enregistré
password-set-lead = Ouvrez l’application que vous voulez utiliser et connectez-vous depuis celle-ci.
password-set-link-over = Le lien ne fonctionne plus.

### Choosing an account

accounts-heading = Choisissez un compte
accounts-lead = pour continuer vers { $application }
accounts-another = Utiliser un autre compte

### Allowing an application something

consent-title = Autoriser { $application } ?
consent-heading = { $application } souhaite :
consent-heading-continue = Continuer vers { $application } ?
consent-heading-device = Associer un appareil à { $application } ?
consent-device-code = Regardez votre appareil : il affiche { $code }.
consent-device-no-code = Regardez votre appareil : il doit être devant vous.
consent-device-warning = Si quelqu’un vous a demandé de venir ici, par message ou par téléphone, n’autorisez rien : cette personne accéderait à votre compte.
consent-device-asked = { $minutes ->
    [0] L’appareil vient de faire sa demande, depuis l’adresse { $address }.
    [one] L’appareil a fait sa demande il y a { $minutes } minute, depuis l’adresse { $address }.
   *[other] L’appareil a fait sa demande il y a { $minutes } minutes, depuis l’adresse { $address }.
}
consent-device-here = Votre propre adresse est { $address }.
consent-heading-approve = Autoriser la demande envoyée par { $application } ?
consent-approve-message = Sur l’autre appareil, { $application } doit afficher exactement ceci :
consent-approve-no-message = N’autorisez cette demande que si vous venez de la lancer vous-même dans { $application }, sur un autre appareil.
consent-approve-warning = Si vous n’êtes pas à l’origine de cette demande, ne l’autorisez pas : une autre personne pourrait accéder à votre compte.
consent-sensitive = Accès sensible : ne l’autorisez que si cette application a votre confiance.
consent-detail-other = Utiliser { $type } avec ces informations :
consent-detail-members = Toutes les informations
answer-yes = oui
answer-no = non
value-date = { $day } { $month } { $year }
value-moment = { $date }, { $time } (UTC{ $offset })
month-1 = janvier
month-2 = février
month-3 = mars
month-4 = avril
month-5 = mai
month-6 = juin
month-7 = juillet
month-8 = août
month-9 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre
consent-partial = Décochez ce que vous ne voulez pas autoriser.
consent-other-account = Changer de compte
consent-each-time = Ne continuez que si vous venez d’ouvrir { $application } vous-même. Un autre programme pourrait se faire passer pour cette application : c’est pourquoi la question vous est posée à chaque fois.
consent-allow = Autoriser
consent-deny = Ne pas autoriser
consent-returns-to = Vous irez ensuite sur { $place }.
consent-session = L’accès prend fin quand vous vous déconnectez ici.
consent-about = En savoir plus sur { $application } :
claim-name = Voir votre nom complet
claim-given_name = Voir votre prénom
claim-family_name = Voir votre nom de famille
claim-middle_name = Voir votre deuxième prénom
claim-nickname = Voir votre surnom
claim-preferred_username = Voir votre nom d’utilisateur
claim-profile = Voir l’adresse de votre page de profil
claim-picture = Voir votre photo
claim-website = Voir l’adresse de votre site web
claim-email = Voir votre adresse e-mail
claim-email_verified = Voir si votre adresse e-mail est vérifiée
claim-gender = Voir votre genre
claim-birthdate = Voir votre date de naissance
claim-zoneinfo = Voir votre fuseau horaire
claim-locale = Voir votre langue
claim-phone_number = Voir votre numéro de téléphone
claim-phone_number_verified = Voir si votre numéro de téléphone est vérifié
claim-address = Voir votre adresse postale
claim-updated_at = Voir la date de la dernière modification de votre profil
claim-groups = Voir les groupes dont vous faites partie
claim-other = Voir une information vous concernant, appelée ici « { $name } »
scope-openid = Savoir qui vous êtes
scope-profile = Voir votre nom et les autres informations de votre profil
scope-email = Voir votre adresse e-mail
scope-address = Voir votre adresse postale
scope-phone = Voir votre numéro de téléphone
scope-groups = Voir les groupes dont vous faites partie
scope-offline_access = Conserver cet accès après votre déconnexion
consequence-offline_access = L’application peut utiliser vos données même en votre absence.

### Devices

device-heading = Associer un appareil
device-lead = Saisissez le code que votre appareil affiche.
device-lead-code = Votre appareil affiche-t-il exactement ce code ?
device-code-label = Code
device-warning = N’utilisez que le code d’un appareil qui se trouve devant vous. Toute personne qui vous envoie un code, ou vous le dicte au téléphone, cherche à accéder à votre compte.
device-unknown = Aucun appareil n’attend ce code. Il a peut-être expiré : regardez si votre appareil en affiche un nouveau.
device-wait = Trop de tentatives. Ce code n’a pas été vérifié.
device-allowed-heading = Votre appareil est associé
device-allowed-lead = Revenez à votre appareil. Il continue tout seul dans quelques secondes.
device-denied-heading = Votre appareil n’est pas associé
device-denied-lead = Il n’a pas accès à votre compte. Si quelqu’un vous a envoyé le code, vous avez bien fait : merci de prévenir les responsables de ce service.
device-another = Associer un autre appareil

### Requests from other devices

approve-heading = { $count ->
    [one] Une demande attend votre réponse
   *[other] { $count } demandes attendent votre réponse
}
approve-heading-none = Aucune demande en attente
approve-lead = Des applications sur d’autres appareils vous demandent ici une autorisation. N’autorisez que ce que vous y avez lancé vous-même.
approve-lead-none = Quand une application sur un autre appareil demande votre autorisation, vous répondez ici. Si vous attendez une demande, actualisez cette page.
approve-again = Actualiser
approve-asked = { $minutes ->
    [0] Demande reçue à l’instant.
    [one] Demande reçue il y a { $minutes } minute.
   *[other] Demande reçue il y a { $minutes } minutes.
}
approve-left = { $minutes ->
    [0] Il reste moins d’une minute.
    [one] Il reste { $minutes } minute.
   *[other] Il reste { $minutes } minutes.
}
approve-other-heading = Cette demande concerne un autre compte
approve-other-lead = Seule la personne concernée peut y répondre. Si vous avez un autre compte, connectez-vous avec celui-ci.
approve-allowed-heading = Vous avez autorisé la demande
approve-allowed-lead = Revenez à l’autre appareil. Il continue tout seul dans quelques secondes.
approve-denied-heading = Vous n’avez pas autorisé la demande
approve-denied-lead = L’application n’a pas accès à votre compte. Si vous n’étiez pas à l’origine de cette demande, vous avez bien fait : merci de prévenir les responsables de ce service.

### Signing out

logout-heading = Se déconnecter ?
logout-asked-by = { $application } souhaite vous déconnecter.
logout-lead = { $accounts ->
    [one] Vous aurez besoin de votre mot de passe pour vous reconnecter.
   *[other] Plusieurs comptes sont ouverts dans ce navigateur.
}
logout-button = Se déconnecter
logout-all-button = Se déconnecter de tous les comptes
logout-stay = Garder ma session ouverte
logout-applications = Les applications que vous avez ouvertes peuvent garder votre session active jusqu’à ce que vous vous y déconnectiez aussi.
signed-out-heading = Votre session est fermée
signed-out-lead = Aucun compte n’est ouvert dans ce navigateur.
signed-out-again = Pour vous reconnecter, ouvrez l’application que vous voulez utiliser. Si d’autres personnes utilisent cet ordinateur, fermez aussi le navigateur.
signing-out-heading = Déconnexion en cours
signing-out-lead = Nous prévenons vos applications. Si rien ne se passe, choisissez « Continuer ».
signing-out-frame = Vous déconnecte d’une application

### On the way back

form-post-heading = Retour à l’application
form-post-lead = Si rien ne se passe, choisissez « Continuer ».
answered-heading = Cette connexion est terminée
answered-heading-signed-in = Votre session est ouverte
answered-lead = Vous avez terminé cette connexion. Il n’y a plus rien à faire sur cette page.
answered-go-back-to = Retournez à { $application } pour continuer.
answered-go-back = Retournez à l’application pour continuer.

### The page at the root

home-heading = Connectez-vous ici à vos applications
home-heading-signed-in = Votre session est ouverte
home-lead = Pour utiliser une application, ouvrez-la et connectez-vous depuis celle-ci.
home-device = Connecter un appareil
home-developers = Informations techniques

### Errors

error-heading-link = Ce lien ne fonctionne pas
error-heading-later = Veuillez réessayer plus tard
error-heading-moment = Veuillez réessayer dans un instant
error-heading-broken = Un problème est survenu chez nous
error-heading-again = Veuillez recommencer
error-heading-over = Cette demande est close
error-heading-off = Cet accès est désactivé
error-heading-nothing = Cette page n’existe pas
wait-second = { $count ->
    [one] Réessayez dans { $count } seconde.
   *[other] Réessayez dans { $count } secondes.
}
wait-minute = { $count ->
    [one] Réessayez dans { $count } minute.
   *[other] Réessayez dans { $count } minutes.
}
wait-hour = { $count ->
    [one] Réessayez dans { $count } heure.
   *[other] Réessayez dans { $count } heures.
}
error-address = L’application a demandé à vous renvoyer à cette adresse, qui n’est pas enregistrée ici :

error-application = L’application vous a fait venir ici avec une demande qui ne fonctionne pas. Vous n’y êtes pour rien. Revenez en arrière et réessayez ; si le problème persiste, signalez-le à l’éditeur de l’application.
error-application-unknown = L’application qui vous a fait venir ici n’est pas enregistrée auprès de ce service. Vous n’y êtes pour rien. Signalez-le à l’éditeur de l’application.
error-application-disabled = L’application qui vous a fait venir ici est désactivée pour le moment.
error-redirect = L’application qui vous a fait venir ici a indiqué une mauvaise adresse de retour. Vous n’y êtes pour rien. Signalez-le à l’éditeur de l’application.
error-server = Le problème vient de chez nous, pas de vous. Un nouvel essai peut suffire.
error-busy = Le service est très sollicité en ce moment. Votre demande n’a pas été traitée.
error-limited = Trop de demandes sont venues de votre réseau ou pour votre compte.
error-not-found = Aucune page n’existe à cette adresse.
error-flow-unknown = Cette connexion n’est pas connue ici. Elle est peut-être trop ancienne.
error-flow-other-browser = Cette connexion a été commencée dans un autre navigateur, ou ce navigateur n’accepte pas les cookies.
error-flow-expired = Cette connexion a duré trop longtemps et a pris fin.
error-flow-too-many = Trop de connexions ont été commencées depuis votre réseau.
error-request-used = Cette demande a déjà été utilisée.
error-form-forged = Ce formulaire est trop ancien ou ne vient pas de cette page. Rien n’a été modifié.
error-form = Le formulaire n’a pas pu être lu. Rien n’a été modifié.
error-sign-up-off = Il n’est pas possible de créer soi-même un compte ici. Adressez-vous aux responsables de ce service.
error-sign-up-too-many = Trop de comptes ont été créés depuis votre réseau.
error-password-link-over = Ce lien a déjà été utilisé ou a expiré. Demandez-en un nouveau.
error-account-disabled = Ce compte est désactivé. Adressez-vous aux responsables de ce service.
error-group = Votre compte ne permet pas d’utiliser cette application. Adressez-vous aux responsables de ce service.
error-device = L’appareil n’attend plus. Recommencez sur l’appareil.
error-device-answered = La demande de cet appareil a déjà reçu une réponse.
error-device-too-many = Trop d’appareils font des demandes depuis votre réseau.
error-approve = Elle a déjà reçu une réponse, ou le délai de réponse est écoulé. Il n’y a plus rien à faire ici.
error-logout = L’application a demandé votre déconnexion d’une manière qui ne fonctionne pas. Vous pouvez vous déconnecter ici.

way-home = Aller à la page d’accueil
way-logout = Se déconnecter ici
way-device = Saisir le code à nouveau
