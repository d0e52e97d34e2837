# Los textos de las páginas en español. What the variables are, and where a text is used, is in en.ftl.
# The person is «usted». Words that every country uses: «equipo», not «ordenador» or «computadora». No participle that would need
# the gender of the person.

### Pieces of several pages

title-error = Error:{" "}
continue = Continuar
cancel = Cancelar
back-to = Volver a { $application }
close-page = Ya puede cerrar esta página.
optional = (opcional)
language-label = Idioma:
developer-details = Detalles técnicos
link-site = Sitio web
link-privacy = Política de privacidad
link-terms = Condiciones del servicio
link-help = Ayuda

### Signing in

sign-in-heading = Inicie sesión en { $application }
sign-in-heading-device = Inicie sesión para conectar un dispositivo
sign-in-heading-approve = Inicie sesión para ver sus solicitudes
username-label = Nombre de usuario o correo electrónico
password-label = Contraseña
password-show = Mostrar la contraseña
password-hide = Ocultar la contraseña
sign-in-wrong = El nombre de usuario o la contraseña no son correctos.
sign-in-wait = Demasiados intentos. No se ha comprobado su contraseña.
stay-signed-in = Mantener la sesión iniciada
sign-in-button = Iniciar sesión
sign-in-forgotten = ¿Ha olvidado su contraseña?
sign-up-question = ¿Es su primera visita?
sign-up-link = Crear una cuenta

### Making an account

sign-up-heading = Cree su cuenta
sign-up-lead = Después continuará a { $application }.
sign-up-lead-device = Después podrá conectar su dispositivo.
username-new-label = Nombre de usuario
name-label = Nombre completo
password-hint = Al menos { $shortest } caracteres. Varias palabras que nadie más reuniría forman una buena contraseña.
sign-up-button = Crear cuenta
sign-in-question = ¿Ya tiene una cuenta?
sign-in-link = Iniciar sesión
sign-up-taken = Este nombre de usuario ya está en uso. Elija otro.
sign-up-username = Use como máximo 254 caracteres: letras de un solo alfabeto, dígitos y signos como . - _, sin espacios y sin @.
sign-up-name_length = Este nombre es demasiado largo.
sign-up-name_character = Este nombre contiene un carácter invisible. Escríbalo de nuevo.
password-form = Esta contraseña es demasiado larga o contiene un carácter invisible.
password-short = Use al menos { $shortest } caracteres.
password-common = Muchas personas usan esta contraseña, por eso es de las primeras que se prueban. Elija otra.
password-name = Su contraseña no puede ser su nombre, su nombre de usuario ni su correo electrónico.
password-repeated = Las dos contraseñas no coinciden.

### Setting a password by a link

set-password-heading = Establezca su contraseña
set-password-lead = Para la cuenta { $username }.
set-password-ends = Se cerrarán todas sus sesiones.
password-new-label = Contraseña nueva
password-repeated-label = Repita la contraseña nueva
set-password-button = Establecer la contraseña
password-set-heading = Se ha guardado su contraseña
password-set-lead = Abra la aplicación que quiera usar e inicie sesión desde allí.
password-set-link-over = El enlace ya no funciona.

### Choosing an account

accounts-heading = Elija una cuenta
accounts-lead = para continuar a { $application }
accounts-another = Usar otra cuenta

### Allowing an application something

consent-title = ¿Permitir el acceso a { $application }?
consent-heading = { $application } quiere:
consent-heading-continue = ¿Continuar a { $application }?
consent-heading-device = ¿Conectar un dispositivo a { $application }?
consent-device-code = Mire su dispositivo: muestra { $code }.
consent-device-no-code = Mire su dispositivo: debe tenerlo delante.
consent-device-warning = Si alguien le pidió que viniera aquí, en un mensaje o por teléfono, no lo permita: esa persona entraría en su cuenta.
consent-device-asked = { $minutes ->
    [0] El dispositivo acaba de pedirlo, desde la dirección { $address }.
    [one] El dispositivo lo pidió hace un minuto, desde la dirección { $address }.
   *[other] El dispositivo lo pidió hace { $minutes } minutos, desde la dirección { $address }.
}
consent-device-here = Su propia dirección es { $address }.
consent-heading-approve = ¿Permitir la solicitud de { $application }?
consent-approve-message = En el otro dispositivo, { $application } debe mostrar exactamente esto:
consent-approve-no-message = Permítalo solo si usted acaba de iniciarlo en { $application }, en otro dispositivo.
consent-approve-warning = Si no lo ha iniciado usted, no lo permita: otra persona podría entrar en su cuenta.
consent-sensitive = Acceso sensible: permítalo solo si confía en esta aplicación.
consent-detail-other = Usar { $type } con estos datos:
consent-detail-members = Todos los datos
answer-yes = sí
answer-no = no
value-date = { $day } de { $month } de { $year }
value-moment = { $date }, { $time } (UTC{ $offset })
month-1 = enero
month-2 = febrero
month-3 = marzo
month-4 = abril
month-5 = mayo
month-6 = junio
month-7 = julio
month-8 = agosto
month-9 = septiembre
month-10 = octubre
month-11 = noviembre
month-12 = diciembre
consent-partial = Desmarque lo que no quiera permitir.
consent-other-account = Cambiar de cuenta
consent-each-time = Continúe solo si usted acaba de abrir { $application }. Otro programa podría hacerse pasar por esta aplicación; por eso se le pregunta cada vez.
consent-allow = Permitir
consent-deny = No permitir
consent-returns-to = A continuación, irá a { $place }.
consent-session = El acceso termina cuando cierre la sesión aquí.
consent-about = Más sobre { $application }:
claim-name = Ver su nombre completo
claim-given_name = Ver su nombre de pila
claim-family_name = Ver sus apellidos
claim-middle_name = Ver su segundo nombre
claim-nickname = Ver su apodo
claim-preferred_username = Ver su nombre de usuario
claim-profile = Ver la dirección de su página de perfil
claim-picture = Ver su foto
claim-website = Ver la dirección de su sitio web
claim-email = Ver su dirección de correo electrónico
claim-email_verified = Ver si su dirección de correo electrónico está verificada
claim-gender = Ver su género
claim-birthdate = Ver su fecha de nacimiento
claim-zoneinfo = Ver su zona horaria
claim-locale = Ver su idioma
claim-phone_number = Ver su número de teléfono
claim-phone_number_verified = Ver si su número de teléfono está verificado
claim-address = Ver su dirección postal
claim-updated_at = Ver cuándo se modificó su perfil por última vez
claim-groups = Ver los grupos de los que forma parte
claim-other = Ver un dato sobre usted que aquí se llama «{ $name }»
scope-openid = Saber quién es usted
scope-profile = Ver su nombre y los demás datos de su perfil
scope-email = Ver su dirección de correo electrónico
scope-address = Ver su dirección postal
scope-phone = Ver su número de teléfono
scope-groups = Ver los grupos de los que forma parte
scope-offline_access = Mantener este acceso después de que cierre la sesión
consequence-offline_access = La aplicación puede usar sus datos aunque usted no esté presente.

### Devices

device-heading = Conecte un dispositivo
device-lead = Escriba el código que muestra su dispositivo.
device-lead-code = ¿Muestra su dispositivo exactamente este código?
device-code-label = Código
device-warning = Use solo un código de un dispositivo que tenga delante. Quien le envía un código, o se lo dicta por teléfono, quiere entrar en su cuenta.
device-unknown = Ningún dispositivo espera este código. Puede que haya caducado: mire si su dispositivo muestra uno nuevo.
device-wait = Demasiados intentos. No se ha comprobado este código.
device-allowed-heading = Su dispositivo está conectado
device-allowed-lead = Vuelva a su dispositivo. Continuará por sí solo en unos segundos.
device-denied-heading = Su dispositivo no está conectado
device-denied-lead = No obtiene acceso a su cuenta. Si alguien le envió el código, ha hecho lo correcto: avise, por favor, a los responsables de este servicio.
device-another = Conectar otro dispositivo

### Requests from other devices

approve-heading = { $count ->
    [one] Una solicitud espera su respuesta
   *[other] { $count } solicitudes esperan su respuesta
}
approve-heading-none = No hay solicitudes pendientes
approve-lead = Aquí le piden permiso aplicaciones de otros dispositivos. Permita solo lo que usted haya iniciado allí.
approve-lead-none = Cuando una aplicación de otro dispositivo le pida permiso, podrá responder aquí. Si espera una solicitud, vuelva a cargar esta página.
approve-again = Volver a cargar
approve-asked = { $minutes ->
    [0] Acaba de llegar.
    [one] Llegó hace un minuto.
   *[other] Llegó hace { $minutes } minutos.
}
approve-left = { $minutes ->
    [0] Queda menos de un minuto.
    [one] Queda un minuto.
   *[other] Quedan { $minutes } minutos.
}
approve-other-heading = Esta solicitud es para otra cuenta
approve-other-lead = Solo puede responder la persona a la que va dirigida. Si tiene otra cuenta, inicie sesión con ella.
approve-allowed-heading = Ha permitido la solicitud
approve-allowed-lead = Vuelva al otro dispositivo. Continuará por sí solo en unos segundos.
approve-denied-heading = No ha permitido la solicitud
approve-denied-lead = La aplicación no obtiene acceso a su cuenta. Si no lo inició usted, ha hecho lo correcto: avise, por favor, a los responsables de este servicio.

### Signing out

logout-heading = ¿Cerrar la sesión?
logout-asked-by = { $application } quiere cerrar su sesión.
logout-lead = { $accounts ->
    [one] Necesitará su contraseña para volver a iniciar sesión.
   *[other] Hay varias cuentas con la sesión iniciada en este navegador.
}
logout-button = Cerrar sesión
logout-all-button = Cerrar la sesión de todas las cuentas
logout-stay = Mantener la sesión iniciada
logout-applications = Es posible que las aplicaciones que tiene abiertas mantengan su sesión hasta que también la cierre en ellas.
signed-out-heading = Ha cerrado la sesión
signed-out-lead = Ninguna cuenta tiene la sesión iniciada en este navegador.
signed-out-again = Para volver a iniciar sesión, abra la aplicación que quiera usar. Si otras personas usan este equipo, cierre también el navegador.
signing-out-heading = Cerrando su sesión
signing-out-lead = Estamos avisando a sus aplicaciones. Si no ocurre nada, elija «Continuar».
signing-out-frame = Cierra su sesión en una aplicación

### On the way back

form-post-heading = Volviendo a la aplicación
form-post-lead = Si no ocurre nada, elija «Continuar».
answered-heading = Este inicio de sesión ha terminado
answered-heading-signed-in = Ha iniciado sesión
answered-lead = Ya completó este inicio de sesión. No queda nada por hacer en esta página.
answered-go-back-to = Vuelva a { $application } para continuar.
answered-go-back = Vuelva a la aplicación para continuar.

### The page at the root

home-heading = Aquí inicia sesión para usar otras aplicaciones
home-heading-signed-in = Ha iniciado sesión
home-lead = Para usar una aplicación, ábrala e inicie sesión desde allí.
home-device = Conectar un dispositivo
home-developers = Información técnica

### Errors

error-heading-link = Este enlace no funciona
error-heading-later = Vuelva a intentarlo más tarde
error-heading-moment = Vuelva a intentarlo en un momento
error-heading-broken = Algo ha fallado en nuestro servicio
error-heading-again = Vuelva a empezar
error-heading-over = Esta solicitud ha terminado
error-heading-off = Este acceso está desactivado
error-heading-nothing = Esta página no existe
wait-second = { $count ->
    [one] Vuelva a intentarlo dentro de un segundo.
   *[other] Vuelva a intentarlo dentro de { $count } segundos.
}
wait-minute = { $count ->
    [one] Vuelva a intentarlo dentro de un minuto.
   *[other] Vuelva a intentarlo dentro de { $count } minutos.
}
wait-hour = { $count ->
    [one] Vuelva a intentarlo dentro de una hora.
   *[other] Vuelva a intentarlo dentro de { $count } horas.
}
error-address = La aplicación pidió volver a esta dirección, que no está registrada aquí:

error-application = La aplicación le trajo aquí con una petición que no funciona. Usted no ha hecho nada mal. Vuelva atrás e inténtelo de nuevo; si vuelve a ocurrir, avise al proveedor de la aplicación.
error-application-unknown = La aplicación que le trajo aquí no está registrada en este servicio. Usted no ha hecho nada mal. Avise al proveedor de la aplicación.
error-application-disabled = La aplicación que le trajo aquí está desactivada por ahora.
error-redirect = La aplicación que le trajo aquí indicó una dirección de regreso equivocada. Usted no ha hecho nada mal. Avise al proveedor de la aplicación.
error-server = El fallo es nuestro, no suyo. Puede que baste con intentarlo de nuevo.
error-busy = Hay mucha actividad en este momento. Su petición no se ha atendido.
error-limited = Han llegado demasiadas peticiones desde su red o para su cuenta.
error-not-found = Esta dirección no lleva a ningún sitio aquí.
error-flow-unknown = Este inicio de sesión no se conoce aquí. Puede que sea demasiado antiguo.
error-flow-other-browser = Este inicio de sesión se empezó en otro navegador, o este navegador no acepta cookies.
error-flow-expired = Este inicio de sesión tardó demasiado y ha terminado.
error-flow-too-many = Se han empezado demasiados inicios de sesión desde su red.
error-request-used = Esta solicitud ya se utilizó.
error-form-forged = Este formulario es demasiado antiguo o no procede de esta página. No se ha cambiado nada.
error-form = No se ha podido leer el formulario. No se ha cambiado nada.
error-sign-up-off = Aquí no es posible crear una cuenta por iniciativa propia. Consulte a los responsables de este servicio.
error-sign-up-too-many = Se han creado demasiadas cuentas desde su red.
error-password-link-over = Este enlace ya se usó o ha caducado. Pida uno nuevo.
error-account-disabled = Esta cuenta está desactivada. Consulte a los responsables de este servicio.
error-group = Su cuenta no permite usar esta aplicación. Consulte a los responsables de este servicio.
error-device = El dispositivo ya no está esperando. Vuelva a empezar en el dispositivo.
error-device-answered = Este dispositivo ya tiene su respuesta.
error-device-too-many = Demasiados dispositivos hacen peticiones desde su red.
error-approve = Ya tiene respuesta, o se ha acabado el tiempo para responder. Aquí no queda nada por hacer.
error-logout = La aplicación pidió cerrar su sesión de una manera que no funciona. Puede cerrarla aquí.

way-home = Ir a la página de inicio
way-logout = Cerrar la sesión aquí
way-device = Escribir el código de nuevo
