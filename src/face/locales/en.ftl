# The texts of the pages. Every language has every message, with the same variables; `cargo test` checks it.
#
# Write as a good bank would: short sentences, the person is "you", no blame, no jargon. Variables that are names come with
# their own markup. HTML in a text is shown as it is typed.

### Pieces of several pages

# Before the title of a page on which a form has a mistake.
title-error = Error:{" "}
continue = Continue
cancel = Cancel
# $application: the name of the application that sent the person.
back-to = Back to { $application }
close-page = You can close this page.
optional = (optional)
# The name of the list of languages, for screen readers.
language-label = Language:
# Opens what only people who make applications need.
developer-details = Details for developers
link-site = Website
link-privacy = Privacy policy
link-terms = Terms of service
link-help = Help

### Signing in

sign-in-heading = Sign in to { $application }
sign-in-heading-device = Sign in to connect a device
sign-in-heading-approve = Sign in to see your requests
username-label = Username or email
password-label = Password
# Buttons beside a password.
password-show = Show password
password-hide = Hide password
sign-in-wrong = The username or the password is wrong.
sign-in-wait = Too many attempts. Your password was not checked.
stay-signed-in = Keep me signed in
sign-in-button = Sign in
sign-in-forgotten = Forgot your password?
sign-up-question = New here?
sign-up-link = Create an account

### Making an account

sign-up-heading = Create your account
sign-up-lead = You will then continue to { $application }.
sign-up-lead-device = You can then connect your device.
username-new-label = Username
name-label = Full name
# $shortest: a number of characters, at least 8.
password-hint = At least { $shortest } characters. Several words that only you would put together make a good password.
sign-up-button = Create account
sign-in-question = Already have an account?
sign-in-link = Sign in
# What is wrong with what the person typed.
sign-up-taken = This username is taken. Choose another one.
sign-up-username = Use letters of one alphabet, digits and signs such as . - _, without spaces and without @. At most 254 characters.
sign-up-name_length = This name is too long.
sign-up-name_character = This name contains an invisible character. Type it again.
password-form = This password is too long, or contains an invisible character.
password-short = Use at least { $shortest } characters.
password-common = Many people use this password, so it is guessed first. Choose another one.
password-name = Your password must not be your name, username or email.
password-repeated = The two passwords are different.

### Setting a password by a link

set-password-heading = Set your password
# $username: the person's username.
set-password-lead = For the account { $username }.
set-password-ends = You will be signed out everywhere.
password-new-label = New password
password-repeated-label = New password again
set-password-button = Set password
password-set-heading = Your password is set
password-set-lead = Open the application that you want to use, and sign in there.
password-set-link-over = The link does not work any more.

### Choosing an account

accounts-heading = Choose an account
accounts-lead = to continue to { $application }
accounts-another = Use another account

### Allowing an application something

# The title of the page, and its heading before the list of what the application wants.
consent-title = Allow { $application }?
consent-heading = { $application } wants to:
consent-heading-continue = Continue to { $application }?
consent-heading-device = Connect a device to { $application }?
# $code: the code on the screen of the device.
consent-device-code = Look at your device: it shows { $code }.
consent-device-no-code = Look at your device: it must be in front of you.
consent-device-warning = If somebody sent you here, in a message or on the phone, do not allow it: that person could get into your account.
# $minutes: how long ago. $address: a network address.
consent-device-asked = { $minutes ->
    [0] The device asked just now, from { $address }.
    [one] The device asked a minute ago, from { $address }.
   *[other] The device asked { $minutes } minutes ago, from { $address }.
}
consent-device-here = Your own address is { $address }.
# For a request from another device. $application: the name of the application.
consent-heading-approve = Allow the request of { $application }?
# Before the message that the application shows there, too.
consent-approve-message = On the other device, { $application } must show exactly this:
consent-approve-no-message = Allow this only if you have just started it yourself, in { $application } on another device.
consent-approve-warning = If you did not start this yourself, do not allow it: somebody else could get into your account.
# Under something that an operator has marked as sensitive.
consent-sensitive = Allow this only if you trust the application.
# In the list of what the application wants, for something that has no sentence of the operator. $type: its machine name.
consent-detail-other = Use { $type } with these details:
# Opens everything that the application says about something that it wants.
consent-detail-members = All details
# Values among what the application says: true and false, a day, and a day with a time. $offset: the difference from UTC that came
# with the time, such as +01:00, or nothing.
answer-yes = yes
answer-no = no
value-date = { $day } { $month } { $year }
value-moment = { $date }, { $time } (UTC{ $offset })
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
# Under a list in which the person can clear boxes.
consent-partial = Untick anything you do not want to allow.
consent-other-account = Switch account
consent-each-time = Continue only if you have just opened { $application } yourself. Another program could ask in its name, so you are asked each time.
consent-allow = Allow
consent-deny = Don’t allow
# $place: the host name of the application.
consent-returns-to = Next, you go to { $place }.
consent-session = Access ends when you sign out here.
consent-about = About { $application }:
# What an application wants to see. These follow the sentence of consent-heading.
claim-name = See your full name
claim-given_name = See your first name
claim-family_name = See your last name
claim-middle_name = See your middle name
claim-nickname = See your nickname
claim-preferred_username = See your username
claim-profile = See the address of your profile page
claim-picture = See your picture
claim-website = See the address of your website
claim-email = See your email address
claim-email_verified = See whether your email address is verified
claim-gender = See your gender
claim-birthdate = See your date of birth
claim-zoneinfo = See your time zone
claim-locale = See your language
claim-phone_number = See your phone number
claim-phone_number_verified = See whether your phone number is verified
claim-address = See your postal address
claim-updated_at = See when your profile was last changed
claim-groups = See the groups you belong to
# $name: a machine name that the operator gave.
claim-other = See information about you named { $name }
# The scopes that every server has, while the operator has not described them. They are in the same list.
scope-openid = Know who you are
scope-profile = See your name and other profile details
scope-email = See your email address
scope-address = See your postal address
scope-phone = See your phone number
scope-groups = See the groups that you belong to
scope-offline_access = Keep this access after you have signed out
# What follows from it.
consequence-offline_access = The application can use your data while you are not here.

### Devices

device-heading = Connect a device
device-lead = Type the code that your device shows.
device-lead-code = Does your device show exactly this code?
device-code-label = Code
device-warning = Only use a code from a device in front of you. Somebody who sends you a code, or reads it to you on the phone, wants to get into your account.
device-unknown = No device is waiting for this code. It may have expired: see whether your device shows a new one.
device-wait = Too many attempts. This code was not checked.
device-allowed-heading = Your device is connected
device-allowed-lead = Go back to your device. It continues by itself in a few seconds.
device-denied-heading = Your device is not connected
device-denied-lead = It gets no access to your account. If somebody sent you the code, you did the right thing: please tell the people who run this service.
device-another = Connect another device

### Requests from other devices

# Also the text of a link to these requests. $count: how many there are, at least 1.
approve-heading = { $count ->
    [one] A request waits for your answer
   *[other] { $count } requests wait for your answer
}
approve-heading-none = No requests are waiting
approve-lead = Applications on other devices ask you here. Allow only what you have started there yourself.
approve-lead-none = When an application on another device asks for your permission, you answer here. If you expect a request, load this page again.
# A button that loads the page again.
approve-again = Load again
# $minutes: how long ago.
approve-asked = { $minutes ->
    [0] Asked just now.
    [one] Asked a minute ago.
   *[other] Asked { $minutes } minutes ago.
}
# $minutes: for how much longer the person can answer; 0 for less than one.
approve-left = { $minutes ->
    [0] Less than a minute left.
    [one] One minute left.
   *[other] { $minutes } minutes left.
}
approve-other-heading = This request is for another account
approve-other-lead = Only the person who is asked can answer it. If you have another account, sign in with that one.
approve-allowed-heading = You allowed the request
approve-allowed-lead = Go back to the other device. It continues by itself in a few seconds.
approve-denied-heading = You did not allow the request
approve-denied-lead = The application gets no access to your account. If you did not start this yourself, you did the right thing: please tell the people who run this service.

### Signing out

logout-heading = Sign out?
logout-asked-by = { $application } wants to sign you out.
# $accounts: how many accounts are signed in.
logout-lead = { $accounts ->
    [one] You will need your password to sign in again.
   *[other] Several accounts are signed in with this browser.
}
logout-button = Sign out
logout-all-button = Sign out of all accounts
logout-stay = Stay signed in
logout-applications = Applications that you have open may keep you signed in until you sign out there, too.
signed-out-heading = You are signed out
signed-out-lead = No account is signed in with this browser.
signed-out-again = To sign in again, open the application that you want to use. If other people use this computer, close the browser as well.
signing-out-heading = Signing you out
signing-out-lead = We are telling your applications. If nothing happens, choose Continue.
# The name of an invisible part of the page, for screen readers.
signing-out-frame = Signs you out of an application

### On the way back

form-post-heading = Taking you back
form-post-lead = If nothing happens, choose Continue.
answered-heading = This sign-in is over
answered-heading-signed-in = You are signed in
answered-lead = This sign-in has ended. There is nothing left to do on this page.
answered-go-back-to = Go back to { $application } to continue.
answered-go-back = Go back to the application to continue.

### The page at the root

home-heading = Sign in to your applications here
home-heading-signed-in = You are signed in
home-lead = To use an application, open it and choose to sign in there.
home-device = Connect a device
home-developers = For developers

### Errors

error-heading-link = This link does not work
error-heading-later = Please try again later
error-heading-moment = Please try again in a moment
error-heading-broken = Something went wrong here
error-heading-again = Please start again
error-heading-over = This request is over
error-heading-off = This is switched off
error-heading-nothing = This page does not exist
# How long the person has to wait, in the unit of the name. $count: at least 1.
wait-second = { $count ->
    [one] Try again in a second.
   *[other] Try again in { $count } seconds.
}
wait-minute = { $count ->
    [one] Try again in a minute.
   *[other] Try again in { $count } minutes.
}
wait-hour = { $count ->
    [one] Try again in an hour.
   *[other] Try again in { $count } hours.
}
# The address of an application that is not registered follows.
error-address = The application asked us to send you to this address, which is not registered here:

# What happened, for the person.
error-application = The application sent you here with a request that does not work. You did nothing wrong. Go back and try again; if it happens again, tell the people who make the application.
error-application-unknown = The application that sent you here is not registered with this service. You did nothing wrong. Tell the people who make the application.
error-application-disabled = The application that sent you here is switched off at present.
error-redirect = The application that sent you here gave a wrong address to go back to. You did nothing wrong. Tell the people who make the application.
error-server = The fault is ours, not yours. Trying again may help.
error-busy = A lot is going on here at the moment. Your request was not handled.
error-limited = Too many requests came from your network or for your account.
error-not-found = There is no page at this address.
error-flow-unknown = We do not recognise this sign-in. It may have ended.
error-flow-other-browser = This sign-in was begun in another browser, or this browser does not accept cookies.
error-flow-expired = This sign-in took too long, so it has ended.
error-flow-too-many = Too many sign-ins have been begun from your network.
error-request-used = This request was already used.
error-form-forged = This form is too old, or did not come from this page. Nothing was changed.
error-form = The form could not be read. Nothing was changed.
error-sign-up-off = Nobody can create an account here by themselves. Ask the people who run this service.
error-sign-up-too-many = Too many accounts were created from your network.
error-password-link-over = This link was already used, or has expired. Ask for a new one.
error-account-disabled = This account is switched off. Ask the people who run this service.
error-group = Your account is not allowed to use this application. Ask the people who run this service.
error-device = The device has stopped waiting. Start again on the device.
error-device-answered = This device was already connected or refused.
error-device-too-many = Too many devices are asking from your network.
# Under error-heading-over.
error-approve = It was answered already, or the time for an answer has passed. There is nothing left to do here.
error-logout = The application asked to sign you out in a way that does not work. You can sign out here instead.

# Where the person can go from here.
way-home = Go to the start page
way-logout = Sign out here
way-device = Enter the code again
