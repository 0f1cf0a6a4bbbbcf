"""The forms of tokens that issuers publish, so that a token is known without any word beside it.

A form is a fact; each line names whose it is. ``{W}`` is a letter, digit, underscore or hyphen, ``{A}`` a letter
or digit, ``{H}`` a small hexadecimal digit.
"""

_CLASSES = {"{A}": "[0-9A-Za-z]", "{W}": r"[0-9A-Za-z_\-]", "{H}": "[0-9a-f]"}


def forms() -> list[tuple[str, str]]:
    """Entity type and pattern of each form; capitals count, and nothing of a word touches the token."""
    told = []
    for line in _FORMS.strip().splitlines():
        entity_type, form = line.split(None, 1)
        for short, long in _CLASSES.items():
            form = form.replace(short, long)
        told.append((entity_type, rf"(?<!\w)(?-i:{form})(?!\w)"))
    return told


_FORMS = r"""
AWS_ACCESS_KEY        (?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA|AGPA|ANPA|ANVA|APKA)[A-Z2-7]{16}
AWS_ACCESS_KEY        (?:AKIA|ASIA)[A-Z0-9]{16}
AWS_BEDROCK_KEY       ABSK[A-Za-z0-9+/]{109,269}={0,2}
AWS_MWS_KEY           amzn\.mws\.{H}{8}-{H}{4}-{H}{4}-{H}{4}-{H}{12}
GCP_API_KEY           AIza{W}{35}
GCP_OAUTH_SECRET      GOCSPX-{W}{28}
GCP_ACCESS_TOKEN      ya29\.{W}{30,300}
AZURE_AD_SECRET       {W}{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}
AZURE_DEVOPS_TOKEN    {A}{76}AZDO{A}{4}
AZURE_FUNCTION_KEY    {W}{44}AzFu{W}{5}={2}
GITHUB_TOKEN          gh[pousr]_{A}{36,255}
GITHUB_TOKEN          github_pat_[0-9A-Za-z_]{22,82}
GITLAB_TOKEN          gl(?:pat|ptt|dt|rt|cbt|oas|ft|agent|soat|imt|ffct)-{W}{20,64}
GITLAB_TOKEN          GR1348941{W}{20}
BITBUCKET_TOKEN       ATBB{A}{32}
ATLASSIAN_TOKEN       ATATT3[A-Za-z0-9_\-=]{186,200}
ATLASSIAN_TOKEN       ATCTT3[A-Za-z0-9_\-=]{180,200}
SLACK_TOKEN           xox[abeoprs](?:\.xox[bp])?-(?:{A}{1,64}-){1,5}{A}{6,146}
SLACK_TOKEN           xapp-\d-[A-Z0-9]{8,16}-\d{6,20}-{H}{32,80}
SLACK_TOKEN           xoxe-\d-{A}{100,200}
STRIPE_KEY            (?:sk|rk)_(?:live|test|prod)_{A}{10,247}
STRIPE_WEBHOOK_SECRET whsec_[A-Za-z0-9+/]{32,64}={0,2}
SQUARE_TOKEN          (?:EAAA|sq0atp-){W}{22,60}
SQUARE_SECRET         sq0csp-{W}{43}
PAYPAL_TOKEN          access_token\$(?:production|sandbox)\$[0-9a-z]{16}\${H}{32}
RAZORPAY_KEY          rzp_(?:live|test)_{A}{14}
PLAID_TOKEN           access-(?:sandbox|development|production)-{H}{8}-{H}{4}-{H}{4}-{H}{4}-{H}{12}
FLUTTERWAVE_KEY       FLW(?:SECK|PUBK)(?:_TEST)?-[0-9a-hA-H]{12,32}(?:-X)?
PAYSTACK_KEY          sk_(?:test|live)_{H}{40}
MOLLIE_KEY            (?:live|test)_{A}{30}
ADYEN_KEY             AQE[A-Za-z0-9+/=]{60,260}
GOCARDLESS_TOKEN      live_{W}{40}
SHOPIFY_TOKEN         shp(?:at|ca|pa|ss|ua|ck)_[0-9a-fA-F]{32}
ANTHROPIC_KEY         sk-ant-(?:api|admin|sid|oat)\d{2}-{W}{80,120}
OPENAI_KEY            sk-(?:proj|svcacct|admin|None)-{W}{40,200}
OPENAI_KEY            sk-{A}{20}T3BlbkFJ{A}{20}
OPENAI_KEY            sk-{A}{48}
DEEPSEEK_KEY          sk-{H}{32}
OPENROUTER_KEY        sk-or-v1-{H}{64}
HUGGINGFACE_TOKEN     (?:hf_|api_org_)[A-Za-z]{34}
REPLICATE_TOKEN       r8_{A}{37}
GROQ_KEY              gsk_{A}{52}
XAI_KEY               xai-{W}{70,90}
PERPLEXITY_KEY        pplx-{A}{48,56}
TOGETHER_KEY          tgp_v1_{W}{40,50}
FIREWORKS_KEY         fw_{A}{24}
NVIDIA_KEY            nvapi-{W}{60,70}
LANGSMITH_KEY         lsv2_(?:pt|sk)_{H}{32}_{H}{10}
LANGFUSE_KEY          (?:sk|pk)-lf-{H}{8}-{H}{4}-{H}{4}-{H}{4}-{H}{12}
PINECONE_KEY          pcsk_[A-Za-z0-9]{5,6}_{A}{60,66}
TAVILY_KEY            tvly-(?:dev-|prod-)?{A}{32}
ELEVENLABS_KEY        sk_{H}{48}
CUSTODY_KEY           cus_[a-z]{1,8}_{A}{36}
NPM_TOKEN             npm_{A}{36}
PYPI_TOKEN            pypi-AgE[A-Za-z0-9]{1}{W}{50,250}
RUBYGEMS_KEY          rubygems_{H}{48}
CRATES_TOKEN          cio{A}{32}
NUGET_KEY             oy2[a-z0-9]{43}
CLOJARS_TOKEN         CLOJARS_{H}{60}
DOCKER_TOKEN          dckr_(?:pat|oat)_{W}{27,40}
JFROG_TOKEN           AKCp[0-9A-Za-z]{69}
JFROG_TOKEN           cmVmd[0-9A-Za-z]{59}
PACKAGIST_TOKEN       packagist_(?:ack|uut|oot|org|out|ors)_?{H}{60,72}
SENDGRID_KEY          SG\.{W}{22}\.{W}{43}
MAILGUN_KEY           (?:key-{H}{32}|{H}{32}-{H}{8}-{H}{8})
MAILCHIMP_KEY         {H}{32}-us\d{1,2}
MANDRILL_KEY          md-{W}{22}
POSTMAN_KEY           PMAK-{H}{24}-{H}{34}
BREVO_KEY             xkeysib-{H}{64}-[0-9A-Za-z]{16}
RESEND_KEY            re_[0-9A-Za-z]{8}_[0-9A-Za-z]{16,24}
COURIER_KEY           pk_(?:prod|test)_[0-9A-Z]{28}
TWILIO_KEY            SK{H}{32}
TWILIO_ACCOUNT        AC{H}{32}
TELEGRAM_TOKEN        (?:bot)?\d{8,10}:AA{W}{33}
DISCORD_TOKEN         [MNO][A-Za-z\d_\-]{23,27}\.{W}{6}\.{W}{27,38}
FACEBOOK_TOKEN        EAA[MC][A-Za-z0-9]{60,260}
INSTAGRAM_TOKEN       IGQ[A-Za-z0-9_\-]{60,260}
TWITTER_TOKEN         A{22}[A-Za-z0-9%]{60,120}
LINKEDIN_SECRET       WPL_AP\d\.{A}{16}\.[A-Za-z0-9+/=]{8}
DIGITALOCEAN_TOKEN    do[opr]_v1_{H}{64}
HEROKU_KEY            HRKU-{W}{36,60}
FLY_TOKEN             fo1_{W}{43}
FLY_TOKEN             fm[12][ar]?_[A-Za-z0-9+/]{100,500}={0,3}
RENDER_KEY            rnd_{A}{28,36}
VERCEL_TOKEN          vc[pkiar]_{A}{24,60}
NETLIFY_TOKEN         nfp_{W}{36,40}
CLOUDFLARE_TOKEN      v1\.0-{H}{24}-{H}{146}
SUPABASE_KEY          sbp_{H}{40}
SUPABASE_KEY          sb_(?:secret|publishable)_{W}{30,40}
PLANETSCALE_TOKEN     pscale_(?:tkn|oauth|pw)_[A-Za-z0-9=._\-]{32,64}
NEON_KEY              napi_{A}{60,70}
MONGODB_ATLAS_KEY     mdb_sa_sk_{W}{40}
DATABRICKS_TOKEN      dapi{H}{32}(?:-\d)?
SNOWFLAKE_TOKEN       ver:\d-hint:\d{3,20}-ETMs{W}{80,400}
DYNATRACE_TOKEN       dt0[a-z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}
NEWRELIC_KEY          NRAK-[A-Z0-9]{27}
NEWRELIC_KEY          {H}{36}NRAL
NEWRELIC_KEY          NR(?:JS|II|SP|RA)-{W}{19,36}
SENTRY_TOKEN          sntry[su]_[A-Za-z0-9+/=_]{60,200}
GRAFANA_TOKEN         glc_[A-Za-z0-9+/]{32,400}={0,3}
GRAFANA_TOKEN         glsa_{A}{32}_[0-9A-Fa-f]{8}
POSTHOG_KEY           ph[cx]_{A}{40,50}
HONEYCOMB_KEY         hc[a-z]{2}k_{A}{26,58}
PAGERDUTY_KEY         pdus\+_{A}{4}_{W}{20,40}
SONAR_TOKEN           sq[upa]_{H}{40}
SNYK_TOKEN            snyk_(?:uat|sat)\.{H}{8}\.{W}{40,140}
CIRCLECI_TOKEN        CCIP(?:AT|RJ)_{W}{20,24}_{H}{40}
BUILDKITE_TOKEN       bk(?:ua|at|ct)_{H}{40}
JENKINS_TOKEN         11{H}{32}
OCTOPUS_KEY           API-[A-Z0-9]{26}
HARNESS_TOKEN         (?:pat|sat)\.{W}{22}\.{H}{24}\.{A}{20}
PULUMI_TOKEN          pul-{H}{40}
TERRAFORM_TOKEN       {A}{14}\.atlasv1\.{W}{60,70}
VAULT_TOKEN           hv[sbr]\.{W}{24,200}
DOPPLER_TOKEN         dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_\-]{2,35}\.)?{A}{40,44}
INFISICAL_TOKEN       st\.{H}{24}\.{H}{32}\.{H}{32}
ONEPASSWORD_SECRET    A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}
ONEPASSWORD_TOKEN     ops_eyJ[A-Za-z0-9+/]{200,1200}={0,3}
AGE_SECRET_KEY        AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}
OKTA_TOKEN            00{W}{40}
CLERK_KEY             (?:sk|pk)_(?:live|test)_[A-Za-z0-9+/]{40,60}={0,2}
DUO_KEY               DI[A-Z0-9]{18}
TAILSCALE_KEY         tskey-(?:auth|api|client|scim|webhook)?-?{A}{8,20}-{A}{20,40}
NGROK_TOKEN           (?:2|ak_|cr_){A}{26}_{A}{20,22}
CONFLUENT_SECRET      cflt[A-Za-z0-9+/]{60}
ALIBABA_KEY           LTAI{A}{12,20}
TENCENT_KEY           AKID{A}{13,32}
YANDEX_KEY            AQVN{W}{35,38}
YANDEX_TOKEN          t1\.[A-Z0-9a-z_\-]{1,200}={0,2}\.{W}{86}={0,2}
SCALEWAY_KEY          SCW[A-Z0-9]{17}
AIRTABLE_TOKEN        pat{A}{14}\.{H}{64}
NOTION_TOKEN          (?:ntn_{A}{46}|secret_{A}{43})
LINEAR_KEY            lin_(?:api|oauth)_{A}{40,64}
ASANA_TOKEN           [12]/\d{10,20}(?:/\d{10,20})?:{H}{32}
CLICKUP_TOKEN         pk_\d{6,10}_[A-Z0-9]{32}
FIGMA_TOKEN           fig[dopu]r?_{W}{40,60}
DROPBOX_TOKEN         sl\.(?:u\.)?{W}{100,1300}
TYPEFORM_TOKEN        tfp_{W}{40,60}
CONTENTFUL_TOKEN      CFPAT-{W}{43}
SANITY_TOKEN          sk{A}{80,180}
PREFECT_KEY           pn[ubw]_{A}{36}
README_KEY            rdme_[a-z0-9]{70}
FRAMEIO_TOKEN         fio-u-{W}{64}
DUFFEL_TOKEN          duffel_(?:test|live)_{W}{43}
EASYPOST_KEY          EZ[AT]K{A}{54}
SHIPPO_TOKEN          shippo_(?:live|test)_{H}{40}
LOB_KEY               (?:live|test)_{H}{35}
INTRA42_SECRET        s-s4t2(?:ud|af)-{H}{64}
MAPBOX_TOKEN          (?:pk|sk|tk)\.eyJ{A}{40,200}\.{W}{20,24}
HUBSPOT_TOKEN         pat-(?:na|eu)\d-{H}{8}-{H}{4}-{H}{4}-{H}{4}-{H}{12}
SALESFORCE_TOKEN      00D[A-Za-z0-9]{12,15}![A-Za-z0-9_.]{60,120}
INTERCOM_TOKEN        dG9rOi[A-Za-z0-9+/]{40,80}={0,2}
SEGMENT_TOKEN         sgp_{A}{64}
LAUNCHDARKLY_KEY      (?:sdk|api|mob)-{H}{8}-{H}{4}-{H}{4}-{H}{4}-{H}{12}
EXPO_TOKEN            expo_{W}{40}
SOURCEGRAPH_TOKEN     sgp_(?:[A-Fa-f0-9]{16}_|local_)?[A-Fa-f0-9]{40}
DEFINED_TOKEN         dnkey-{W}{26}-{W}{52}
SETTLEMINT_TOKEN      sm_(?:aat|pat|sat)_{A}{16}
MAXMIND_KEY           {A}{6}_{A}{29}_mmk
OPENSHIFT_TOKEN       sha256~{W}{43}
ARTIFACTORY_TOKEN     AKC[A-Za-z0-9]{10,80}
"""

# Issuers whose tokens look like any random string: there the issuer's name has to stand before it.
NAMES = [
    "adafruit",
    "adobe",
    "algolia",
    "alchemy",
    "apify",
    "appcenter",
    "artifactory",
    "asaas",
    "auth0",
    "aws",
    "azure",
    "beamer",
    "bitly",
    "bittrex",
    "browserstack",
    "buildkite",
    "cisco",
    "clearbit",
    "cloudflare",
    "cloudinary",
    "cloudsmith",
    "codecov",
    "coinbase",
    "cohere",
    "confluent",
    "consul",
    "coveralls",
    "datadog",
    "deepgram",
    "digitalocean",
    "discord",
    "docusign",
    "drone",
    "dropbox",
    "ecobee",
    "elastic",
    "etherscan",
    "etsy",
    "eventbrite",
    "facebook",
    "fastly",
    "finicity",
    "finnhub",
    "firebase",
    "flickr",
    "freshbooks",
    "freshdesk",
    "gemini",
    "giphy",
    "gitea",
    "gitter",
    "google",
    "grafana",
    "here",
    "heroku",
    "hetzner",
    "hubspot",
    "ibm",
    "infracost",
    "infura",
    "intercom",
    "ionic",
    "ipstack",
    "jfrog",
    "jira",
    "jumpcloud",
    "keycloak",
    "kraken",
    "kucoin",
    "launchdarkly",
    "linear",
    "linkedin",
    "linode",
    "lob",
    "looker",
    "mailchimp",
    "mailgun",
    "mapbox",
    "mattermost",
    "messagebird",
    "microsoft",
    "mixpanel",
    "moralis",
    "netlify",
    "newrelic",
    "nexmo",
    "nytimes",
    "okta",
    "onesignal",
    "openai",
    "opsgenie",
    "opentoken",
    "pagerduty",
    "paypal",
    "plivo",
    "pubnub",
    "pusher",
    "rapidapi",
    "rollbar",
    "salesforce",
    "sendbird",
    "sendinblue",
    "sentry",
    "sidekiq",
    "slack",
    "snyk",
    "sonar",
    "sourcegraph",
    "splunk",
    "spotify",
    "square",
    "squarespace",
    "statuspage",
    "stripe",
    "sumologic",
    "surveymonkey",
    "teams",
    "telegram",
    "tomtom",
    "trello",
    "travis",
    "twilio",
    "twitch",
    "twitter",
    "unsplash",
    "vonage",
    "wakatime",
    "wandb",
    "weatherapi",
    "yandex",
    "yelp",
    "youtube",
    "zendesk",
    "zoom",
]
