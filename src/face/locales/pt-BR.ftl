# The texts of the pages in Brazilian Portuguese. en.ftl says what each text is for and what its variables are.

### Pieces of several pages

title-error = Erro:{" "}
continue = Continuar
cancel = Cancelar
back-to = Voltar para { $application }
close-page = Você já pode fechar esta página.
optional = (opcional)
language-label = Idioma:
developer-details = Detalhes para desenvolvedores
link-site = Site
link-privacy = Política de privacidade
link-terms = Termos de serviço
link-help = Ajuda

### Signing in

sign-in-heading = Entrar em { $application }
sign-in-heading-device = Entre para conectar um dispositivo
sign-in-heading-approve = Entre para ver seus pedidos
username-label = Nome de usuário ou e-mail
password-label = Senha
password-show = Mostrar senha
password-hide = Ocultar senha
sign-in-wrong = O nome de usuário ou a senha estão incorretos.
sign-in-wait = Muitas tentativas. Sua senha não foi verificada.
stay-signed-in = Manter minha conta conectada
sign-in-button = Entrar
sign-in-forgotten = Esqueceu sua senha?
sign-up-question = Ainda não tem uma conta?
sign-up-link = Criar conta

### Making an account

sign-up-heading = Crie sua conta
sign-up-lead = Depois, você continua em { $application }.
sign-up-lead-device = Depois, você pode conectar seu dispositivo.
username-new-label = Nome de usuário
name-label = Nome completo
password-hint = Pelo menos { $shortest } caracteres. Várias palavras que só você juntaria formam uma boa senha.
sign-up-button = Criar conta
sign-in-question = Já tem uma conta?
sign-in-link = Entrar
sign-up-taken = Este nome de usuário já está em uso. Escolha outro.
sign-up-username = Use até 254 caracteres: letras de um só alfabeto, números e sinais como . - _, sem espaços e sem @.
sign-up-name_length = Este nome é longo demais.
sign-up-name_character = Este nome contém um caractere invisível. Digite-o novamente.
password-form = Esta senha é longa demais ou contém um caractere invisível.
password-short = Use pelo menos { $shortest } caracteres.
password-common = Muitas pessoas usam esta senha, por isso ela é uma das primeiras a ser testada. Escolha outra.
password-name = A senha não pode ser seu nome, seu nome de usuário nem seu e-mail.
password-repeated = As duas senhas são diferentes.

### Setting a password by a link

set-password-heading = Defina sua senha
set-password-lead = Para a conta { $username }.
set-password-ends = Sua conta será desconectada em todos os lugares.
password-new-label = Nova senha
password-repeated-label = Repita a nova senha
set-password-button = Definir senha
password-set-heading = Sua senha foi definida
password-set-lead = Abra o aplicativo que você quer usar e entre por lá.
password-set-link-over = O link não funciona mais.

### Choosing an account

accounts-heading = Escolha uma conta
accounts-lead = para continuar em { $application }
accounts-another = Usar outra conta

### Allowing an application something

consent-title = Permitir o acesso de { $application }?
consent-heading = { $application } pede permissão para:
consent-heading-continue = Continuar em { $application }?
consent-heading-device = Conectar um dispositivo a { $application }?
consent-device-code = Confira se o seu dispositivo mostra o código { $code }.
consent-device-no-code = Confira se o dispositivo está na sua frente.
consent-device-warning = Se alguém enviou você para cá, por mensagem ou por telefone, não permita: essa pessoa entraria na sua conta.
consent-device-asked = { $minutes ->
    [0] O dispositivo fez o pedido agora mesmo, de { $address }.
    [one] O dispositivo fez o pedido há um minuto, de { $address }.
   *[other] O dispositivo fez o pedido há { $minutes } minutos, de { $address }.
}
consent-device-here = Seu endereço é { $address }.
consent-heading-approve = Permitir o pedido de { $application }?
consent-approve-message = No outro dispositivo, { $application } deve mostrar exatamente isto:
consent-approve-no-message = Só permita se você acabou de começar isto em { $application }, em outro dispositivo.
consent-approve-warning = Se não foi você que começou, não permita: outra pessoa poderia entrar na sua conta.
consent-sensitive = Permissão sensível: só permita se você confiar neste aplicativo.
consent-detail-other = Usar { $type } com estes dados:
consent-detail-members = Todos os dados
answer-yes = sim
answer-no = não
value-date = { $day } de { $month } de { $year }
value-moment = { $date }, { $time } (UTC{ $offset })
month-1 = janeiro
month-2 = fevereiro
month-3 = março
month-4 = abril
month-5 = maio
month-6 = junho
month-7 = julho
month-8 = agosto
month-9 = setembro
month-10 = outubro
month-11 = novembro
month-12 = dezembro
consent-partial = Desmarque o que você não quer permitir.
consent-other-account = Trocar de conta
consent-each-time = Continue somente se você acabou de abrir { $application }. Outro programa poderia usar esse nome, por isso perguntamos todas as vezes.
consent-allow = Permitir
consent-deny = Não permitir
consent-returns-to = Em seguida, você vai para { $place }.
consent-session = O acesso termina quando você sair da sua conta.
consent-about = Sobre { $application }:
claim-name = Ver seu nome completo
claim-given_name = Ver seu primeiro nome
claim-family_name = Ver seu sobrenome
claim-middle_name = Ver seu nome do meio
claim-nickname = Ver seu apelido
claim-preferred_username = Ver seu nome de usuário
claim-profile = Ver o endereço da sua página de perfil
claim-picture = Ver sua foto
claim-website = Ver o endereço do seu site
claim-email = Ver seu endereço de e-mail
claim-email_verified = Ver se seu endereço de e-mail foi verificado
claim-gender = Ver seu gênero
claim-birthdate = Ver sua data de nascimento
claim-zoneinfo = Ver seu fuso horário
claim-locale = Ver seu idioma
claim-phone_number = Ver seu número de telefone
claim-phone_number_verified = Ver se seu número de telefone foi verificado
claim-address = Ver seu endereço postal
claim-updated_at = Ver quando seu perfil foi alterado pela última vez
claim-groups = Ver os grupos de que você participa
claim-other = Ver um dado sobre você que aqui se chama { $name }
scope-openid = Saber quem você é
scope-profile = Ver seu nome e as outras informações do seu perfil
scope-email = Ver seu endereço de e-mail
scope-address = Ver seu endereço postal
scope-phone = Ver seu número de telefone
scope-groups = Ver os grupos de que você participa
scope-offline_access = Manter este acesso depois que você sair
consequence-offline_access = O aplicativo pode usar seus dados mesmo quando você não está presente.

### Devices

device-heading = Conecte um dispositivo
device-lead = Digite o código que aparece no seu dispositivo.
device-lead-code = Seu dispositivo mostra exatamente este código?
device-code-label = Código
device-warning = Use somente o código de um dispositivo que está na sua frente. Quem envia um código a você, ou o dita por telefone, quer entrar na sua conta.
device-unknown = Nenhum dispositivo está esperando este código. Ele pode ter expirado: veja se seu dispositivo mostra um novo.
device-wait = Muitas tentativas. Este código não foi verificado.
device-allowed-heading = Seu dispositivo está conectado
device-allowed-lead = Volte ao seu dispositivo. Ele continua sozinho em alguns segundos.
device-denied-heading = Seu dispositivo não está conectado
device-denied-lead = Ele não terá acesso à sua conta. Se alguém enviou o código a você, você fez a coisa certa: avise quem administra este serviço.
device-another = Conectar outro dispositivo

### Requests from other devices

approve-heading = { $count ->
    [one] Um pedido espera sua resposta
   *[other] { $count } pedidos esperam sua resposta
}
approve-heading-none = Não há pedidos pendentes
approve-lead = Aplicativos em outros dispositivos pedem sua permissão aqui. Só permita o que foi iniciado por você.
approve-lead-none = Quando um aplicativo em outro dispositivo pedir sua permissão, você responde aqui. Se está esperando um pedido, recarregue esta página.
approve-again = Recarregar
approve-asked = { $minutes ->
    [0] Chegou agora mesmo.
    [one] Chegou há um minuto.
   *[other] Chegou há { $minutes } minutos.
}
approve-left = { $minutes ->
    [0] Resta menos de um minuto.
    [one] Resta um minuto.
   *[other] Restam { $minutes } minutos.
}
approve-other-heading = Este pedido é para outra conta
approve-other-lead = Só a pessoa a quem ele se destina pode responder. Se você tem outra conta, entre com ela.
approve-allowed-heading = Você permitiu o pedido
approve-allowed-lead = Volte ao outro dispositivo. Ele continua sozinho em alguns segundos.
approve-denied-heading = Você não permitiu o pedido
approve-denied-lead = O aplicativo não terá acesso à sua conta. Se não foi você que começou, você fez a coisa certa: avise quem administra este serviço.

### Signing out

logout-heading = Sair da conta?
logout-asked-by = { $application } quer que você saia da conta.
logout-lead = { $accounts ->
    [one] Você vai precisar da sua senha para entrar novamente.
   *[other] Várias contas estão conectadas neste navegador.
}
logout-button = Sair
logout-all-button = Sair de todas as contas
logout-stay = Não sair
logout-applications = Nos aplicativos abertos, sua conta pode continuar conectada até que você saia deles também.
signed-out-heading = Você saiu da conta
signed-out-lead = Nenhuma conta está conectada neste navegador.
signed-out-again = Para entrar novamente, abra o aplicativo que você quer usar. Se outras pessoas usam este computador, feche também o navegador.
signing-out-heading = Saindo da conta
signing-out-lead = Estamos avisando seus aplicativos. Se nada acontecer, escolha Continuar.
signing-out-frame = Encerra o acesso a um aplicativo

### On the way back

form-post-heading = Voltando ao aplicativo
form-post-lead = Se nada acontecer, escolha Continuar.
answered-heading = Este acesso foi concluído
answered-heading-signed-in = Você já entrou na conta
answered-lead = Você concluiu este acesso. Não há mais nada a fazer nesta página.
answered-go-back-to = Volte para { $application } para continuar.
answered-go-back = Volte ao aplicativo para continuar.

### The page at the root

home-heading = Aqui você entra em outros aplicativos
home-heading-signed-in = Você já entrou na conta
home-lead = Para usar um aplicativo, abra-o e escolha entrar por lá.
home-device = Conectar um dispositivo
home-developers = Para desenvolvedores

### Errors

error-heading-link = Este link não funciona
error-heading-later = Tente novamente mais tarde
error-heading-moment = Tente novamente em instantes
error-heading-broken = Algo deu errado aqui
error-heading-again = Comece de novo
error-heading-over = Este pedido foi encerrado
error-heading-off = Este recurso está desativado
error-heading-nothing = Esta página não existe
wait-second = { $count ->
    [one] Tente novamente em um segundo.
   *[other] Tente novamente em { $count } segundos.
}
wait-minute = { $count ->
    [one] Tente novamente em um minuto.
   *[other] Tente novamente em { $count } minutos.
}
wait-hour = { $count ->
    [one] Tente novamente em uma hora.
   *[other] Tente novamente em { $count } horas.
}
error-address = O aplicativo pediu a resposta neste endereço, que não está registrado aqui:

error-application = O aplicativo enviou você para cá com uma solicitação que não funciona. Você não fez nada de errado. Volte e tente novamente; se acontecer outra vez, avise quem desenvolve o aplicativo.
error-application-unknown = O aplicativo que enviou você para cá não está registrado neste serviço. Você não fez nada de errado. Avise quem desenvolve o aplicativo.
error-application-disabled = O aplicativo que enviou você para cá está desativado no momento.
error-redirect = O aplicativo que enviou você para cá informou um endereço de retorno errado. Você não fez nada de errado. Avise quem desenvolve o aplicativo.
error-server = A falha é nossa, não sua. Tentar novamente pode resolver.
error-busy = Há muitos acessos neste momento. Sua solicitação não foi processada.
error-limited = Sua rede ou sua conta fez solicitações demais.
error-not-found = Este endereço não leva a nenhum lugar aqui.
error-flow-unknown = Este acesso não foi reconhecido. Ele pode ser antigo demais.
error-flow-other-browser = Este acesso foi iniciado em outro navegador, ou este navegador não aceita cookies.
error-flow-expired = Este acesso demorou demais e foi encerrado.
error-flow-too-many = Muitos acessos foram iniciados na sua rede.
error-request-used = Esta solicitação já foi usada.
error-form-forged = Este formulário é antigo demais ou não veio desta página. Nada foi alterado.
error-form = Não foi possível ler o formulário. Nada foi alterado.
error-sign-up-off = Aqui não é possível criar a própria conta. Fale com quem administra este serviço.
error-sign-up-too-many = Muitas contas foram criadas na sua rede.
error-password-link-over = Este link já foi usado ou expirou. Peça um novo.
error-account-disabled = Esta conta está desativada. Fale com quem administra este serviço.
error-group = Sua conta não tem permissão para usar este aplicativo. Fale com quem administra este serviço.
error-device = O dispositivo parou de esperar. Comece de novo no dispositivo.
error-device-answered = Este dispositivo já recebeu a resposta.
error-device-too-many = Dispositivos demais estão fazendo pedidos na sua rede.
error-approve = Ele já foi respondido, ou o tempo para responder acabou. Não há mais nada a fazer aqui.
error-logout = O aplicativo pediu sua saída de um modo que não funciona. Você pode sair da conta aqui.

way-home = Ir para a página inicial
way-logout = Sair da conta aqui
way-device = Digitar o código novamente
